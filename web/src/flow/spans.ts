/** Lengths of time in words. */

import { flowTexts } from "@/texts/flow";

import type { JsonObject } from "./drawing";

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

/** A duration with another amount or unit; a unit alone is none yet, but is kept until there is an amount. */
export function durationFrom(before: JsonObject, change: { readonly amount?: number | null; readonly unit?: string }): JsonObject | undefined {
  const amount = change.amount === undefined ? (before["amount"] ?? null) : change.amount;
  const unit = change.unit ?? before["unit"] ?? "hours";
  if (amount !== null) return { amount, unit };
  return change.unit === undefined ? undefined : { unit };
}
