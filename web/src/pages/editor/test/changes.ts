/** Past changes as they are offered: those that would start the draft first. */

import type { JsonObject } from "@/flow/drawing";
import { isObject } from "@/flow/drawing";
import { type Match, matchOf } from "@/flow/eventMatch";
import { shortField, valueInWords } from "@/flow/conditionWords";
import { listed } from "@/flow/triggerWords";
import type { Json } from "@/flow/drawing";
import type { components } from "@/lib/api-types";
import { recordName } from "@/session/runAbout";
import { editorTestTexts } from "@/texts/editor-test";

export type PastEvent = components["schemas"]["Event"];

const texts = editorTestTexts.change;
const MOST_TOLD = 2;
const UNTOLD = new Set(["updated_at"]);

export interface Offered {
  readonly event: PastEvent;
  readonly name: string;
  readonly what: string;
  readonly match: Match;
}

export function offered(events: readonly PastEvent[], config: JsonObject): Offered[] {
  const all = events.map((event): Offered => ({ event, name: nameOf(event), what: whatChanged(event), match: matchOf(config, event) }));
  return [...all.filter(({ match }) => match.kind === "matches"), ...all.filter(({ match }) => match.kind !== "matches")];
}

/** Of another kind of change the server makes no test. */
export function canBeTried({ match }: Pick<Offered, "match">): boolean {
  return match.kind !== "operation";
}

export function matchInWords(match: Match): string {
  switch (match.kind) {
    case "matches":
      return texts.starts;
    case "condition":
      return texts.not.condition(match.unmet);
    default:
      return texts.not[match.kind];
  }
}

function nameOf({ new: now, old }: PastEvent): string {
  return recordName({ new: now, old }) ?? texts.gone;
}

/** `stage: new → qualified`. */
export function whatChanged({ operation, changed, new: now, old }: Pick<PastEvent, "operation" | "changed" | "new" | "old">): string {
  if (operation !== "UPDATE") return texts.operations[operation];
  const columns = (changed ?? []).filter((column) => !UNTOLD.has(column));
  if (columns.length === 0) return texts.operations.UPDATE;
  if (columns.length > MOST_TOLD || !isObject(now) || !isObject(old)) return texts.columns(listed(columns.map((column) => shortField(column))));
  return columns.map((column) => texts.fromTo(shortField(column), words(old[column]), words(now[column]))).join(", ");
}

function words(value: Json | undefined): string {
  return valueInWords(value ?? null);
}
