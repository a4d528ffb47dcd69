/** What a run was about, as people call it. */

import { isObject } from "@/flow/drawing";
import { textOf } from "@/flow/runRecord";

/** The name of the record that started it, as far as it has one. */
export function recordName(trigger: unknown): string | null {
  if (!isObject(trigger)) return null;
  const row = isObject(trigger["new"]) ? trigger["new"] : isObject(trigger["old"]) ? trigger["old"] : null;
  if (row === null) return null;
  return textOf(row["name"]) ?? textOf(row["title"]) ?? textOf(row["email"]) ?? textOf(row["subject"]) ?? textOf(row["channel"]);
}
