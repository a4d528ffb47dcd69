/** People have ids here, and names where they sign in. */

import { commonTexts } from "@/texts/common";

export function personName(id: string | null, me: string | null): string {
  if (id === null) return commonTexts.people.nobody;
  return id === me ? commonTexts.people.you : id.slice(0, 8);
}
