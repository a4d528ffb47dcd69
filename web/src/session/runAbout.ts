/** What a run is about, as people call it, and where that is found. */

import { isObject } from "@/flow/drawing";
import { textOf } from "@/flow/runRecord";
import type { components } from "@/lib/api-types";
import { runsTexts as texts } from "@/texts/runs";

type Run = Pick<components["schemas"]["ExecutionListItem"], "lead_id" | "lead_name" | "conversation_id" | "trigger_data">;

export interface About {
  readonly name: string;
  /** Null: it has no page. */
  readonly path: string | null;
}

/** Null: of nothing in particular. A lead is called what it is called now. */
export function aboutOf({ lead_id: lead, lead_name: called, conversation_id: conversation, trigger_data: trigger }: Run): About | null {
  const name = recordName(trigger);
  if (lead !== null) return { name: called ?? texts.about.lead, path: `/leads/${lead}` };
  if (conversation !== null) return { name: name === null ? texts.about.conversation : texts.about.by(name), path: `/conversations/${conversation}` };
  return name === null ? null : { name, path: null };
}

/** The name of the record that started it, as far as it has one. */
export function recordName(trigger: unknown): string | null {
  if (!isObject(trigger)) return null;
  const row = isObject(trigger["new"]) ? trigger["new"] : isObject(trigger["old"]) ? trigger["old"] : null;
  if (row === null) return null;
  return textOf(row["name"]) ?? textOf(row["title"]) ?? textOf(row["email"]) ?? textOf(row["subject"]) ?? textOf(row["channel"]);
}
