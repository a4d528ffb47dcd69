/** People have ids here, and names where they sign in. */

import { partsTexts } from "@/texts/parts";

export function personName(id: string | null, me: string | null): string {
  if (id === null) return partsTexts.people.nobody;
  return id === me ? partsTexts.people.you : id.slice(0, 8);
}
