/** The steps of a run by time: when each was at work, and what it waited for before. */

import type { Drawing } from "./drawing";
import { isWait, placeOf, type StepRecord } from "./runRecord";

export interface Bar {
  readonly place: string;
  readonly record: StepRecord;
  /** Percent of the whole time. */
  readonly from: number;
  readonly length: number;
  /** The time before it in which it waited, for a while, a reply, its next try; null: it began at once. */
  readonly wait: { readonly from: number; readonly length: number; readonly milliseconds: number } | null;
}

export interface Timeline {
  readonly bars: readonly Bar[];
  readonly milliseconds: number;
}

/** Shorter than this is the engine's own pace. */
const LEAST_WAIT = 200;

/** `end`: when the run ended, or now. */
export function timelineOf(drawing: Drawing, records: readonly StepRecord[], start: number, end: number): Timeline {
  // What was taken over from an earlier run took its time there.
  const timed = records.filter((record) => record.startedAt !== null && record.fromRun === null).sort((a, b) => begunAt(a) - begunAt(b));
  const first = Math.min(start, ...timed.map(begunAt));
  const last = Math.max(end, ...timed.map((record) => endOf(record, end)), first + 1);
  const whole = last - first;
  const percent = (time: number) => ((time - first) * 100) / whole;
  const bars = timed.map((record): Bar => {
    const at = begunAt(record);
    const ready = readyAt(drawing, record, records, first);
    const waits = at - ready >= LEAST_WAIT && (record.attempt > 1 || isWait(record));
    return {
      place: placeOf(record),
      record,
      from: percent(at),
      length: percent(endOf(record, end)) - percent(at),
      wait: waits ? { from: percent(ready), length: percent(at) - percent(ready), milliseconds: at - ready } : null,
    };
  });
  return { bars, milliseconds: whole };
}

/** Where there is room for what is said of a bar: behind it, in front of it, else on it. */
export function roomFor({ from, length, wait }: Pick<Bar, "from" | "length" | "wait">): "after" | "before" | "over" {
  if (from + length <= 70) return "after";
  return (wait?.from ?? from) >= (wait === null ? 12 : 22) ? "before" : "over";
}

/** When the last of the steps that lead to it, in the same round, had come to an end. */
function readyAt(drawing: Drawing, record: StepRecord, records: readonly StepRecord[], first: number): number {
  const before = new Set(drawing.edges.filter((edge) => edge.target === record.nodeId).map((edge) => edge.source));
  const ends = records
    .filter((one) => before.has(one.nodeId) && one.scope === record.scope && one.startedAt !== null)
    .map((one) => begunAt(one) + (one.milliseconds ?? 0))
    .filter((time) => time <= begunAt(record));
  return ends.length > 0 ? Math.max(...ends) : record.scope === "" ? first : begunAt(record);
}

function begunAt({ startedAt }: StepRecord): number {
  return startedAt ?? 0;
}

function endOf(record: StepRecord, end: number): number {
  const open = record.state === "running" || record.state === "looping" || record.state === "waiting" || record.state === "retrying";
  if (open) return Math.max(end, begunAt(record));
  return begunAt(record) + (record.milliseconds ?? 0);
}
