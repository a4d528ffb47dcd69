/** A run as marks on the flow: how each step went, and which lines were taken. */

import { type Catalogue, ERROR, handleUsed } from "@/flow/catalogue";
import { type Drawing, type FlowNode, isTrigger } from "@/flow/drawing";
import { EACH, LOOP } from "@/flow/graph";
import type { Rounds } from "@/flow/rounds";
import { awaitedBy, isWait, type StepRecord, type StepState } from "@/flow/runRecord";
import { duration } from "@/parts/time";
import { editorRunsTexts } from "@/texts/editor-runs";

import type { EdgeMark, Marks, NodeMark, Tone } from "@/pages/editor/canvas/marks";
import { awaitedInWords } from "./waitWords";

const texts = editorRunsTexts.marks;

export interface Shown {
  /** By step, of the rounds that are looked at. */
  readonly records: ReadonlyMap<string, StepRecord>;
  readonly rounds: readonly Rounds[];
  readonly isOpen: boolean;
  readonly hasBegun: boolean;
}

const TONES: Readonly<Record<StepState, Tone>> = {
  completed: "ok", failed: "failed", running: "running", looping: "running", waiting: "waiting", retrying: "waiting", cancelled: "idle",
  skipped: "idle",
};

export function toneOf(state: StepState): Tone {
  return TONES[state];
}

export function runMarks(drawing: Drawing, catalogue: Catalogue, shown: Shown, now: Date): Marks {
  const nodes = drawing.nodes.flatMap((node): [string, NodeMark][] => {
    const mark = nodeMark(node, shown, now);
    return mark === null ? [] : [[node.id, mark]];
  });
  const byId = new Map(drawing.nodes.map((node) => [node.id, node]));
  const edges = drawing.edges.flatMap((edge): [string, EdgeMark][] => {
    const node = byId.get(edge.source);
    const tone = node === undefined ? null : edgeTone(node, handleUsed(node, edge.sourceHandle, catalogue), shown);
    return tone === null ? [] : [[edge.id, { tone }]];
  });
  return { nodes: new Map(nodes), edges: new Map(edges) };
}

function nodeMark(node: FlowNode, shown: Shown, now: Date): NodeMark | null {
  const record = shown.records.get(node.id);
  if (record === undefined) {
    // What started the run is not written before it ends.
    if (isTrigger(node) && shown.hasBegun) return { tone: "ok" };
    return shown.isOpen ? null : { tone: "idle" };
  }
  const text = markText(record, shown.rounds.find((one) => one.loop === node.id), now);
  return { tone: TONES[record.state], ...(text === null ? {} : { text }) };
}

function markText(record: StepRecord, rounds: Rounds | undefined, now: Date): string | null {
  const awaited = awaitedBy(record);
  if (awaited !== null) return awaitedInWords(awaited, record.state === "retrying", now);
  if (record.state === "cancelled") return texts.cancelled;
  if (record.state === "skipped") return null;
  const words = [
    rounds === undefined ? null : editorRunsTexts.rounds.count(rounds.list.length, rounds.total),
    record.attempt > 1 ? texts.tries(record.attempt) : null,
    record.answeredBy === null ? null : texts[record.answeredBy],
    record.fromRun === null ? null : texts.takenOver,
    record.milliseconds === null || isWait(record) || record.fromRun !== null || rounds !== undefined ? null : duration(record.milliseconds),
  ].filter((word) => word !== null);
  return words.length === 0 ? null : words.join(" · ");
}

/** Null: it is not decided yet. */
function edgeTone(node: FlowNode, handle: string | null, shown: Shown): Tone | null {
  const record = shown.records.get(node.id);
  const undecided = shown.isOpen ? null : "idle";
  if (record === undefined) return isTrigger(node) && shown.hasBegun ? "ok" : undecided;
  if (node.type === LOOP && handle === EACH) return shown.rounds.some((one) => one.loop === node.id) ? "ok" : undecided;
  if (record.state === "skipped") return "idle";
  if (record.state === "completed" || (record.state === "failed" && record.handle !== null)) {
    if (record.handle !== handle) return "idle";
    return record.state === "failed" && handle === ERROR ? "failed" : "ok";
  }
  return record.state === "failed" || record.state === "cancelled" ? "idle" : undecided;
}
