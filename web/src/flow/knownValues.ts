/** What stands in a column already, to be chosen instead of typed. */

import type { JsonObject } from "./drawing";

const LONGEST = 60;
// A name or a text is another one in each row: to choose from them helps nobody.
const MOST = 30;

export function knownValues(rows: readonly JsonObject[], column: string | null): string[] {
  if (column === null) return [];
  const texts = rows.flatMap((row) => (typeof row[column] === "string" && row[column] !== "" && row[column].length <= LONGEST ? [row[column]] : []));
  const known = [...new Set(texts)].sort((a, b) => a.localeCompare(b));
  return known.length <= MOST ? known : [];
}

/** The column that a condition asks about; null: it asks what a step came to. */
export function columnAsked(field: string): string | null {
  return /^(?:trigger\.)?(?:(?:new|old|previous)\.)?(\w+)$/.exec(field)?.[1] ?? null;
}

/** The value that is meant, where only capitals differ from all that are known. */
export function meantBy(text: string, known: readonly string[]): string | null {
  if (text === "" || known.includes(text)) return null;
  return known.find((one) => one.toLowerCase() === text.toLowerCase()) ?? null;
}
