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

/** What a unit begins with where nobody has chosen one: waits of people are of hours, not of minutes. */
export function firstUnit(units: readonly string[], standard: string): string {
  return units.includes("hours") ? "hours" : standard;
}

/** Without an amount it is none: a unit alone says nothing. */
export function spanFrom({ amount, unit }: SpanParts): JsonObject | undefined {
  return amount === undefined ? undefined : { amount, unit };
}

// As `LONGEST` of the server, which ends what is longer.
const MOST_SECONDS = 5 * 366 * 86_400;

/** Told with the unit that is chosen: of a figure alone nobody knows what it counts. */
export function spanMistake({ amount, unit }: SpanParts, rule: FigureRule): string | null {
  const length = [...STEPS, ["seconds", 1] as const].find(([name]) => name === unit)?.[1];
  if (length === undefined) return figureMistake(amount, rule);
  const fiveYears = Math.floor(MOST_SECONDS / length);
  const most = Math.min(fiveYears, rule.most ?? Infinity);
  if (typeof amount === "number" && amount > most && most === fiveYears) return figuresTexts.mostTime(figureText(most), unit);
  const mistake = figureMistake(amount, { ...rule, most });
  const isOut = mistake !== null && typeof amount === "number" && figureMistake(amount, { ...rule, isInteger: false, most }) !== null;
  return isOut ? figuresTexts.timeRange(rule.above === null ? null : figureText(rule.above), figureText(rule.least ?? 0), figureText(most), unit) : mistake;
}
