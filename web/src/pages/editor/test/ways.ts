/** With what a draft can be tried, by its trigger. */

import { type Drawing, isTrigger, type JsonObject } from "@/flow/drawing";
import { filled, problemsIn, type RecordKind, type StartForm, startFormOf } from "@/flow/inputForm";

import type { TestBody } from "./testRuns";

export type Way = "change" | "record" | "input" | "example" | "run";

export interface Subject {
  readonly type: string;
  readonly config: JsonObject;
  /** The table whose changes are listened to; null: none. */
  readonly table: string | null;
  /** The kind of record that can be chosen; "row": of a watched table, by its id. */
  readonly record: RecordKind | "row" | null;
  readonly form: StartForm | null;
  readonly ways: readonly Way[];
}

const TABLES: Readonly<Record<string, string>> = { lead: "leads", conversation: "conversations" };

export function subjectOf(drawing: Drawing): Subject | null {
  const trigger = drawing.nodes.find(isTrigger);
  if (trigger === undefined) return null;
  const { type, config } = trigger;
  const form = startFormOf(type, config);
  if (type !== "trigger-event") return { type, config, table: null, record: form?.record ?? null, form, ways: form === null ? ["example", "run"] : ["input", "run"] };
  const source = typeof config["event_source"] === "string" ? config["event_source"] : "lead";
  const record = source === "lead" || source === "conversation" ? source : "row";
  return { type, config, table: TABLES[source] ?? source, record, form, ways: ["change", "record", "example", "run"] };
}

export interface Filled {
  readonly way: Way;
  readonly event: number | null;
  readonly run: string | null;
  readonly record: string | null;
  readonly values: JsonObject;
}

/** What is sent; null: something is still to be chosen or filled in. */
export function bodyOf(subject: Subject, given: Filled): TestBody | null {
  switch (given.way) {
    case "change":
      return given.event === null ? null : { event_id: given.event };
    case "run":
      return given.run === null ? null : { execution_id: given.run };
    case "example":
      return {};
    case "record":
      return given.record === null || given.record.trim() === "" ? null : recordIn(subject.record, given.record.trim());
    case "input":
      if (subject.record !== null && given.record === null) return null;
      if (problemsIn(subject.form?.fields ?? [], given.values).size > 0) return null;
      return { input: filled(given.values), ...recordIn(subject.record, given.record) };
  }
}

export function recordIn(kind: Subject["record"], id: string | null): TestBody {
  if (id === null || kind === null) return {};
  return kind === "lead" ? { lead_id: id } : kind === "conversation" ? { conversation_id: id } : { row_id: id };
}
