/** The rounds of loops in a run: which there are, and which one is looked at. */

import { type Drawing, isObject } from "./drawing";
import { graphOf, LOOP, loopsAround } from "./graph";
import { isUnderWay, placeOf, type StepRecord } from "./runRecord";

/** By loop, the number of the round that somebody chose. */
export type Chosen = ReadonlyMap<string, number>;

export interface Round {
  readonly number: number;
  readonly tone: "ok" | "failed" | "open";
}

export interface Rounds {
  readonly loop: string;
  /** In which round of the loops around it: `outer:2`; empty: in none. */
  readonly scope: string;
  readonly list: readonly Round[];
  readonly shown: number;
  /** Of how many, where that is known. */
  readonly total: number;
}

/** Each loop that has begun, in the rounds of those around it that are looked at; the outer ones first. */
export function roundsOf(drawing: Drawing, records: readonly StepRecord[], chosen: Chosen): Rounds[] {
  const graph = graphOf(drawing);
  const loops = drawing.nodes.filter((node) => node.type === LOOP).map((node) => ({ id: node.id, around: loopsAround(drawing, graph, node.id) }));
  const shown = new Map<string, Rounds>();
  for (const { id, around } of loops.sort((a, b) => a.around.length - b.around.length)) {
    const scope = scopeWithin(around, shown);
    const list = scope === null ? [] : listed(records, id, scope);
    const first = list[0];
    if (scope === null || first === undefined) continue;
    const wanted = list.find((round) => round.number === chosen.get(id)) ?? list.find((round) => round.tone === "failed") ?? list.at(-1) ?? first;
    const own = records.find((record) => record.nodeId === id && record.scope === scope);
    shown.set(id, { loop: id, scope, list, shown: wanted.number, total: Math.max(totalOf(own), list.length) });
  }
  return [...shown.values()];
}

/** By step, the record of the round that is looked at; what did not begin in it has none. */
export function recordsShown(drawing: Drawing, records: readonly StepRecord[], rounds: readonly Rounds[]): Map<string, StepRecord> {
  const graph = graphOf(drawing);
  const byLoop = new Map(rounds.map((one) => [one.loop, one]));
  const byPlace = new Map(records.map((record) => [placeOf(record), record]));
  const found = drawing.nodes.flatMap((node): [string, StepRecord][] => {
    const scope = scopeWithin(loopsAround(drawing, graph, node.id), byLoop);
    const record = scope === null ? undefined : byPlace.get(placeOf({ scope, nodeId: node.id }));
    return record === undefined ? [] : [[node.id, record]];
  });
  return new Map(found);
}

function scopeWithin(around: readonly string[], shown: ReadonlyMap<string, Rounds>): string | null {
  const parts: string[] = [];
  for (const loop of around) {
    const rounds = shown.get(loop);
    if (rounds === undefined) return null;
    parts.push(`${loop}:${rounds.shown}`);
  }
  return parts.join("/");
}

function listed(records: readonly StepRecord[], loop: string, scope: string): Round[] {
  const begin = `${scope === "" ? "" : `${scope}/`}${loop}:`;
  const tones = new Map<number, Round["tone"]>();
  for (const record of records) {
    if (!record.scope.startsWith(begin)) continue;
    const number = Number.parseInt(record.scope.slice(begin.length), 10);
    if (!Number.isFinite(number)) continue;
    const tone = record.state === "failed" && record.handle === null ? "failed" : isUnderWay(record) ? "open" : "ok";
    const before = tones.get(number) ?? "ok";
    tones.set(number, before === "failed" || tone === "ok" ? before : tone);
  }
  return [...tones].map(([number, tone]) => ({ number, tone })).sort((a, b) => a.number - b.number);
}

function totalOf(own: StepRecord | undefined): number {
  if (own === undefined) return 0;
  if (isObject(own.output) && typeof own.output["count"] === "number") return own.output["count"];
  return isObject(own.input) && Array.isArray(own.input["items"]) ? own.input["items"].length : 0;
}
