/** What happened to a record, from three lists into one: who or what did it, when, and what it was. */

import { valueInWords } from "@/flow/conditionWords";
import { isObject, type Json } from "@/flow/drawing";
import type { components } from "@/lib/api-types";

export type JournalEvent = components["schemas"]["Event"];
export type RunOfRecord = components["schemas"]["ExecutionListItem"];
export type Message = components["schemas"]["Message"];

export type By =
  | { readonly kind: "run"; readonly run: string; readonly automation: string | null }
  | { readonly kind: "person"; readonly id: string }
  | { readonly kind: "unknown" };

/** One column that became something else. */
export interface Changed {
  readonly column: string;
  readonly from: string;
  readonly to: string;
}

interface Happened {
  readonly key: string;
  readonly time: string;
}

export type Entry =
  | (Happened & { readonly kind: "change"; readonly operation: JournalEvent["operation"]; readonly by: By; readonly changed: readonly Changed[] })
  | (Happened & { readonly kind: "message"; readonly message: Message; readonly by: By })
  | (Happened & { readonly kind: "run"; readonly run: RunOfRecord });

export interface Sources {
  readonly events: readonly JournalEvent[];
  readonly runs: readonly RunOfRecord[];
  readonly messages: readonly Message[];
  /** The automation of each run that is known. */
  readonly automations: ReadonlyMap<string, string>;
}

const UNTOLD = new Set(["updated_at"]);

export interface Timeline {
  readonly entries: readonly Entry[];
  readonly hasMore: boolean;
}

/** The newest first. Where a list was cut at `limit`, nothing older than its end is told: it would look as if nothing had been between. */
export function timelineOf(sources: Sources, limit: number): Timeline {
  const lists: Entry[][] = [
    sources.runs.map((run) => ({ kind: "run", key: `run-${run.id}`, time: causeOf(run, sources.events)?.occurred_at ?? run.started_at, run })),
    sources.events.map((event) => changeEntry(event, sources.automations)),
    sources.messages.map((message) => messageEntry(message, sources.automations)),
  ];
  const ends = lists.filter((list) => list.length >= limit).map((list) => Date.parse(list.at(-1)?.time ?? ""));
  const horizon = Math.max(-Infinity, ...ends.filter((end) => !Number.isNaN(end)));
  const entries = lists.flat().filter(({ time }) => Date.parse(time) >= horizon);
  // What its making started has the time of the same transaction, or a moment before.
  entries.sort((left, right) => Number(isMaking(left)) - Number(isMaking(right)) || Date.parse(right.time) - Date.parse(left.time));
  return { entries, hasMore: ends.length > 0 };
}

/** The change that started a run is noted a moment after it, in the same transaction. Null: something else did, or it is not in the list. */
function causeOf({ started_at: start, trigger_type: type, trigger_data: data }: RunOfRecord, events: readonly JournalEvent[]): JournalEvent | null {
  if (type !== "event" || !isObject(data)) return null;
  const later = events.filter(
    ({ source, operation, occurred_at: time }) => source === data["table"] && operation === data["event"] && Date.parse(time) >= Date.parse(start),
  );
  return later.reduce<JournalEvent | null>((first, one) => (first === null || Date.parse(one.occurred_at) < Date.parse(first.occurred_at) ? one : first), null);
}

function isMaking(entry: Entry): boolean {
  return entry.kind === "change" && entry.operation === "INSERT";
}

function changeEntry(event: JournalEvent, automations: Sources["automations"]): Entry {
  return {
    kind: "change",
    key: `event-${event.id}`,
    time: event.occurred_at,
    operation: event.operation,
    by: byOf(event.execution_id, event.actor, automations),
    changed: changedIn(event),
  };
}

function messageEntry(message: Message, automations: Sources["automations"]): Entry {
  return { kind: "message", key: `message-${String(message.id)}`, time: message.created_at ?? "", message, by: byOf(message.execution_id, null, automations) };
}

/** A run writes with the rights of the account, so the run comes first. */
function byOf(run: string | null | undefined, actor: string | null, automations: Sources["automations"]): By {
  if (typeof run === "string") return { kind: "run", run, automation: automations.get(run) ?? null };
  return actor === null ? { kind: "unknown" } : { kind: "person", id: actor };
}

export function changedIn({ operation, changed, old, new: now }: Pick<JournalEvent, "operation" | "changed" | "old" | "new">): Changed[] {
  if (operation !== "UPDATE" || !isObject(old) || !isObject(now)) return [];
  return (changed ?? [])
    .filter((column) => !UNTOLD.has(column))
    .map((column) => ({ column: column.replace(/_id$/, "").replace(/_/g, " "), from: words(old[column]), to: words(now[column]) }));
}

function words(value: Json | undefined): string {
  return valueInWords(value ?? null);
}

/** What can be said of a run: what waits has not run yet. */
export function stageOf({ status, waiting }: Pick<RunOfRecord, "status" | "waiting">): "open" | "waiting" | "ended" {
  if (waiting) return "waiting";
  return status === "pending" || status === "running" ? "open" : "ended";
}

/** Of whom a conversation is, and when it began: what a reply sets going is mostly about the lead. */
export interface With {
  readonly lead: string;
  readonly since: string;
}

/** The runs of a conversation, and those of its lead that were not over before it began. */
export function withRunsOfLead(own: readonly RunOfRecord[], ofLead: readonly RunOfRecord[], since: string, limit: number): RunOfRecord[] {
  const later = ofLead.filter(({ completed_at: end }) => end === null || Date.parse(end) >= Date.parse(since));
  const all = [...new Map([...own, ...later].map((run) => [run.id, run])).values()];
  return all.sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at)).slice(0, limit);
}

/** Runs that changed the record or wrote, and are not about it themselves. */
export function unknownRuns({ events, runs, messages }: Pick<Sources, "events" | "runs" | "messages">): string[] {
  const known = new Set(runs.map((run) => run.id));
  const named = [...events, ...messages].map((one) => one.execution_id).filter((id) => typeof id === "string");
  return [...new Set(named)].filter((id) => !known.has(id));
}
