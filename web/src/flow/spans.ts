/** Lengths of time in words. */

import { figuresTexts } from "@/texts/figures";
import { flowTexts } from "@/texts/flow";

import { isObject, type Json, type JsonObject } from "./drawing";
import { figureMistake, type FigureRule, figureText } from "./figures";

const STEPS: readonly [unit: string, seconds: number][] = [
  ["weeks", 604_800],
  ["days", 86_400],
  ["hours", 3_600],
  ["minutes", 60],
];

export function isSeconds(field: string): boolean {
  return field === "seconds" || field.endsWith("_seconds");
}

/** Null for less than a minute, and for what no unit fits: the figure says it best. */
export function secondsInWords(seconds: number): string | null {
  const step = STEPS.find(([, length]) => seconds >= length && (seconds * 10) % length === 0);
  return step === undefined ? null : flowTexts.summary.span(seconds / step[1], step[0]);
}

/** What a field for a length of time shows, which is what it stores: the unit, too. */
export interface SpanParts {
  readonly amount: Json | undefined;
  readonly unit: string;
}

/** `unit`: which holds where none is stored. */
export function spanOf(value: Json | undefined, unit: string): SpanParts {
  const set = isObject(value) ? value : {};
  return { amount: set["amount"] ?? undefined, unit: typeof set["unit"] === "string" ? set["unit"] : unit };
}

/** Without an amount it is none: a unit alone says nothing. */
export function spanFrom({ amount, unit }: SpanParts): JsonObject | undefined {
  return amount === undefined ? undefined : { amount, unit };
}

// As `LONGEST` of the server, which ends what is longer.
const MOST_SECONDS = 5 * 366 * 86_400;

export function spanMistake({ amount, unit }: SpanParts, rule: FigureRule): string | null {
  const length = [...STEPS, ["seconds", 1] as const].find(([name]) => name === unit)?.[1];
  if (length === undefined) return figureMistake(amount, rule);
  const most = Math.floor(MOST_SECONDS / length);
  if (typeof amount === "number" && amount > most) return figuresTexts.mostTime(figureText(most), unit);
  return figureMistake(amount, { ...rule, most });
}
