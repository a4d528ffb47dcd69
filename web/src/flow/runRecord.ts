/** What a run has on record of its steps, as the engine writes it: read with care, shown as it is. */

import { isObject, type Json } from "./drawing";

export type StepState = "completed" | "failed" | "running" | "looping" | "waiting" | "retrying" | "cancelled" | "skipped";

export interface StepRecord {
  readonly nodeId: string;
  /** Of a loop's rounds: `each:3`, `each:3/inner:0`; empty: of the flow itself. */
  readonly scope: string;
  readonly name: string;
  readonly type: string | null;
  readonly state: StepState;
  /** Milliseconds since 1970; null: it was only worked out, nobody looked at the clock. */
  readonly startedAt: number | null;
  readonly milliseconds: number | null;
  /** 0: nothing ran, as of a trigger. */
  readonly attempt: number;
  readonly error: string | null;
  /** The way by which it was left. */
  readonly handle: string | null;
  readonly input: Json;
  readonly output: Json;
  /** In tests: `sample` of its type, or what somebody pinned. */
  readonly answeredBy: "sample" | "pinned" | null;
  /** The run whose result was taken over. */
  readonly fromRun: string | null;
}

const STATES: Readonly<Record<string, StepState>> = {
  completed: "completed", failed: "failed", running: "running", started: "running", looping: "looping", waiting: "waiting",
  retrying: "retrying", cancelled: "cancelled", skipped: "skipped",
};

/** What names no step is left out: that the record was cut, say. */
export function readRecords(values: readonly unknown[]): StepRecord[] {
  return values.flatMap((value) => (isObject(value) && typeof value["node_id"] === "string" ? [readRecord(value, value["node_id"])] : []));
}

/** How many entries did not fit into the record. */
export function leftOut(values: readonly unknown[]): number {
  const last = values.at(-1);
  return isObject(last) && typeof last["left_out"] === "number" ? last["left_out"] : 0;
}

function readRecord(value: Readonly<Record<string, Json>>, nodeId: string): StepRecord {
  return {
    nodeId,
    scope: textOf(value["scope"]) ?? "",
    name: textOf(value["label"]) ?? nodeId,
    type: textOf(value["type"]),
    state: STATES[textOf(value["status"]) ?? ""] ?? "running",
    startedAt: timeOf(value["started_at"]),
    milliseconds: typeof value["duration_ms"] === "number" ? value["duration_ms"] : null,
    attempt: typeof value["attempt"] === "number" ? value["attempt"] : 1,
    error: errorOf(value["error"]),
    handle: textOf(value["handle"]),
    input: value["input"] ?? null,
    output: value["output"] ?? null,
    answeredBy: value["sample"] === true ? "sample" : value["pinned"] === true ? "pinned" : null,
    fromRun: textOf(value["from_run"]),
  };
}

/** One record for each place: `atEnd` knows better how steps ended. In its order, the rounds of a loop behind the loop. */
export function merged(underWay: readonly StepRecord[], atEnd: readonly StepRecord[]): StepRecord[] {
  const known = new Set(atEnd.map(placeOf));
  const all = [...new Map([...atEnd, ...underWay.filter((record) => !known.has(placeOf(record)))].map((record) => [placeOf(record), record])).values()];
  const ofLoop = (record: StepRecord) => record.scope.split(":")[0] ?? "";
  const loops = new Set(all.filter(({ scope }) => scope === "").map(({ nodeId }) => nodeId));
  return all.flatMap((record) => {
    if (record.scope !== "") return loops.has(ofLoop(record)) ? [] : [record];
    return [record, ...all.filter((one) => one.scope !== "" && ofLoop(one) === record.nodeId)];
  });
}

/** Of the innermost loop, from 1; null: it is in none. */
export function roundOf({ scope }: Pick<StepRecord, "scope">): number | null {
  const number = Number.parseInt(scope.split(":").at(-1) ?? "", 10);
  return Number.isFinite(number) ? number + 1 : null;
}

export function placeOf({ scope, nodeId }: Pick<StepRecord, "scope" | "nodeId">): string {
  return `${scope}/${nodeId}`;
}

export interface Awaited {
  readonly until: number | null;
  /** `reply:lead:1`, `run:2`, `signal:paid`: what would wake it. */
  readonly signal: string | null;
}

/** What a step that waits is waiting for; null: it does not wait. */
export function awaitedBy({ state, output }: Pick<StepRecord, "state" | "output">): Awaited | null {
  if (state !== "waiting" && state !== "retrying") return null;
  return isObject(output) ? { until: timeOf(output["until"]), signal: textOf(output["for"]) } : { until: null, signal: null };
}

export function textOf(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function timeOf(value: unknown): number | null {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isFinite(time) ? time : null;
}

function errorOf(value: Json | undefined): string | null {
  return isObject(value) ? textOf(value["message"]) : textOf(value);
}

/** What was open when a run came to its end is not written any more: it ended with it. */
export function settled(records: readonly StepRecord[], status: string): StepRecord[] {
  const end = status === "completed" ? "completed" : status === "failed" || status === "cancelled" ? "cancelled" : null;
  if (end === null) return [...records];
  return records.map((record) => (isUnderWay(record) || record.state === "looping" ? { ...record, state: end } : record));
}

export function isUnderWay({ state }: Pick<StepRecord, "state">): boolean {
  return state === "running" || state === "waiting" || state === "retrying";
}

const WAITS = new Set(["logic-wait", "logic-delay", "logic-approval", "action-run-automation"]);

/** What it took says how long it looked whether the wait was over, not how long that was. */
export function isWait({ type }: Pick<StepRecord, "type">): boolean {
  return WAITS.has(type ?? "");
}
