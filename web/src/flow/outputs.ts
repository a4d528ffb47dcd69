/** What a step has come to, or would, as another step finds it: by the ways on which that one is reached. */

import { flowTexts } from "@/texts/flow";

import { type Catalogue, ERROR } from "./catalogue";
import { type FlowNode, isObject, isTrigger, type Json, type JsonObject } from "./drawing";
import type { Outputs } from "./variables";
import type { Ways } from "./ways";
import { wayInWords } from "./wayWords";

const words = flowTexts.variables;

/** Examples of the server, by step and by the way it leaves. */
export type Samples = ReadonlyMap<string, Readonly<Record<string, JsonObject>>>;

export const NO_SAMPLES: Samples = new Map();

export function samplesOf(sent: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>): Samples {
  return new Map(Object.entries(sent as Readonly<Record<string, Readonly<Record<string, JsonObject>>>>));
}

export interface FoundOutput {
  readonly value: Json;
  /** By name, in words: the ways on which it is there, where that is not all. */
  readonly only: ReadonlyMap<string, string>;
  /** In words, of all of it. */
  readonly note: string | null;
}

/** Where it leaves by this way; null: the first. */
export function sampleOf(node: FlowNode, catalogue: Catalogue, samples: Samples, way: string | null = null): JsonObject {
  if (way === ERROR) return { error: words.error };
  const known = samples.get(node.id);
  const sample = known === undefined ? undefined : way === null ? Object.values(known)[0] : known[way];
  return sample ?? ((catalogue.get(node.type)?.sample_output ?? {}) as JsonObject);
}

export function outputOf(node: FlowNode, catalogue: Catalogue, ways: Ways, outputs: Outputs, samples: Samples): FoundOutput {
  const possible = ways.leftBy(node.id);
  const real = outputs.get(node.id);
  const byWay = possible.map((way) => ({ way, sample: sampleOf(node, catalogue, samples, way) }));
  if (byWay.length === 0 || isTrigger(node)) return { value: real ?? sampleOf(node, catalogue, samples), only: new Map(), note: null };
  const isFailed = possible.every((way) => way === ERROR);
  const note = isFailed ? words.failed : ways.hasRun(node.id) ? null : words.maybe;
  const drawn = merged(byWay.map(({ sample }) => sample));
  const elsewhere = merged(Object.values(samples.get(node.id) ?? {}));
  // What only a run could tell is in no sample.
  const told = isObject(real) && !isFailed ? Object.entries(real).filter(([name]) => name in drawn || !(name in elsewhere)) : [];
  const value = { ...drawn, ...Object.fromEntries(told) };
  const only = Object.keys(value).flatMap((name): [string, string][] => {
    const having = byWay.filter(({ sample }) => name in sample);
    return having.length === 0 || having.length === byWay.length ? [] : [[name, words.onlyAfter(having.map(({ way }) => wayInWords(node, way)))]];
  });
  return { value, only: new Map(only), note };
}

/** The first that has a name says what it is. */
function merged(samples: readonly JsonObject[]): JsonObject {
  return Object.assign({}, ...[...samples].reverse()) as JsonObject;
}
