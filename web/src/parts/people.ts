/** People have ids here, and names where the database knows them from where they sign in. */

import { automationsTexts } from "@/texts/automations";
import { partsTexts } from "@/texts/parts";
import { runsTexts } from "@/texts/runs";

export type KnownPeople = ReadonlyMap<string, { readonly name: string | null; readonly email: string | null }>;

/** Null: there is no more than the id. */
export function nameOf(known: KnownPeople, id: string): string | null {
  const person = known.get(id);
  return person?.name ?? person?.email ?? null;
}

export function personName(id: string | null, me: string | null, known: KnownPeople): string {
  if (id === null) return partsTexts.people.nobody;
  return id === me ? partsTexts.people.you : (nameOf(known, id) ?? id.slice(0, 8));
}

/** Words begin small in the middle of a sentence, names as they are written. */
export function withinSentence(who: string): string {
  const isWord = [runsTexts.byYou, ...Object.values(runsTexts.by), automationsTexts.people.owner].includes(who);
  return isWord ? `${who.charAt(0).toLowerCase()}${who.slice(1)}` : who;
}

interface Started {
  readonly trigger_type: string;
  readonly triggered_by: string | null;
}

/** Who or what started a run: a person by name, where there is one. */
export function starterOf({ trigger_type: type, triggered_by: id }: Started, me: string | null, known: KnownPeople): string {
  const kind = runsTexts.by[type] ?? type;
  if (id === null || type !== "manual") return kind;
  return id === me ? runsTexts.byYou : (nameOf(known, id) ?? kind);
}
