/** What a step can use in its templates: what has run before it, with samples of what that comes to. */

import { flowTexts } from "@/texts/flow";

import { type Catalogue, titleOf } from "./catalogue";
import { type Drawing, type FlowNode, isObject, isTrigger, type Json, nodeOf } from "./drawing";
import { ancestors, bodyOf, type Graph, graphOf, inOrder, LOOP, loopsAround } from "./graph";
import { NO_SAMPLES, outputOf, type Samples } from "./outputs";
import { type Names, namesIn, variableInWords } from "./variableWords";
import { waysTo } from "./ways";

const words = flowTexts.variables;
const DEEPEST = 4;
const MOST_CHILDREN = 50;

export interface Variable {
  /** What stands between the braces. */
  readonly path: string;
  readonly name: string;
  readonly sample: Json;
  readonly children: readonly Variable[];
  /** In words, where it is not there on every way: on which. */
  readonly only?: string;
  /** As people call it, where that is not its name. */
  readonly said?: string;
  /** By what else it is searched for. */
  readonly also?: string;
}

export interface Source {
  /** The step that it comes from; null: the run's own. */
  readonly nodeId: string | null;
  readonly title: string;
  readonly variables: readonly Variable[];
}

/** Outputs of a real or a test run, by step: they are shown where there are some, else the catalogue's samples. */
export type Outputs = ReadonlyMap<string, Json>;

/** The trigger first, then the loop's item, the steps (the nearest first), variables and the run itself. */
export function variablesFor(drawing: Drawing, catalogue: Catalogue, id: string, outputs: Outputs = new Map(), samples: Samples = NO_SAMPLES): Source[] {
  const graph = graphOf(drawing);
  const ways = waysTo(drawing, catalogue, graph, id);
  const before = seenBy(drawing, graph, id);
  const steps = before.filter((node) => !isTrigger(node));
  const triggers = before.filter(isTrigger);
  const names = namesIn(drawing);
  const source = (node: FlowNode): Source => {
    const output = outputOf(node, catalogue, ways, outputs, samples);
    const path = isTrigger(node) ? "trigger" : `steps.${node.id}`;
    const all = childrenOf(path, output.value, 0);
    const variables = (isTrigger(node) ? all.map((one) => called(one, names)) : all.map((one) => ofReply(node, one))).map((one) => ({ ...one, ...(output.only.has(one.name) ? { only: output.only.get(one.name) ?? "" } : {}) }));
    return { nodeId: node.id, title: [titleOf(node, catalogue), ...(output.note === null ? [] : [output.note])].join(", "), variables };
  };
  return [
    ...triggers.map(source),
    ...loopSources(drawing, catalogue, graph, id, outputs),
    ...steps.map(source),
    ...variableSource(steps),
    { nodeId: null, title: words.env, variables: childrenOf("env", { now: "2026-01-05T09:00:00+00:00", execution_id: "0b9e", test_mode: false }, 0) },
  ].filter((one) => one.variables.length > 0);
}

/** Those that ran before it, and whose output it sees: after a loop, the body's steps are out of sight. */
function seenBy(drawing: Drawing, graph: Graph, id: string): FlowNode[] {
  const around = new Set(loopsAround(drawing, graph, id));
  const hidden = new Set(
    drawing.nodes.filter((node) => node.type === LOOP && !around.has(node.id)).flatMap((loop) => [...bodyOf(graph, loop.id)]),
  );
  const before = new Set(ancestors(graph, id).filter((one) => !hidden.has(one) && !around.has(one)));
  return inOrder(drawing, graph)
    .reverse()
    .flatMap((one) => (before.has(one) ? (nodeOf(drawing, one) ?? []) : []));
}

/** The innermost loop wins where two call their item the same. */
function loopSources(drawing: Drawing, catalogue: Catalogue, graph: Graph, id: string, outputs: Outputs): Source[] {
  const taken = new Set<string>();
  return loopsAround(drawing, graph, id)
    .reverse()
    .flatMap((loop) => {
      const node = nodeOf(drawing, loop);
      if (node === null) return [];
      const item = nameIn(node, "item_name", "item");
      const index = nameIn(node, "index_name", "index");
      const sample = firstItem(node, outputs);
      const variables = [
        { path: item, name: item, sample, children: childrenOf(item, sample, 1) },
        { path: index, name: index, sample: 0, children: [] },
      ].filter((one) => !taken.has(one.path) && taken.add(one.path));
      return [{ nodeId: loop, title: titleOf(node, catalogue), variables }];
    });
}

/** What the list of a loop begins with, where it is a bare path into an output that is known. */
function firstItem(loop: FlowNode, outputs: Outputs): Json {
  const { items } = loop.config;
  if (Array.isArray(items)) return items[0] ?? null;
  const path = typeof items === "string" ? /^\{\{\s*steps\.([\w-]+)((?:\.\w+)*)\s*\}\}$/.exec(items) : null;
  if (path === null) return null;
  const names = (path[2] ?? "").split(".").filter(Boolean);
  const found = names.reduce<Json>((value, name) => (isObject(value) ? (value[name] ?? null) : null), outputs.get(path[1] ?? "") ?? null);
  return Array.isArray(found) ? (found[0] ?? null) : null;
}

function variableSource(steps: readonly FlowNode[]): Source[] {
  const found = new Map<string, Json>();
  for (const node of [...steps].reverse()) {
    const { variables } = node.config;
    if (node.type === "transform-set-variable" && isObject(variables)) Object.entries(variables).forEach(([name, value]) => found.set(name, value));
  }
  const variables = [...found].map(([name, sample]): Variable => ({ path: `vars.${name}`, name, sample, children: [] }));
  return variables.length === 0 ? [] : [{ nodeId: null, title: words.vars, variables }];
}

/** The record that starts a run, and all that is in it, as cards call them. */
function called(variable: Variable, names: Names): Variable {
  if (!/^trigger\.(new|old)\b/.test(variable.path)) return variable;
  return { ...variable, said: variableInWords(variable.path, names), children: variable.children.map((one) => called(one, names)) };
}

/** What somebody has written back; most who search here want its text. */
function ofReply(node: FlowNode, variable: Variable): Variable {
  if (node.type !== "logic-wait" || node.config["wait_for"] !== "reply" || variable.name !== "record") return variable;
  const children = variable.children.map((one) => (one.name === "body" ? { ...one, said: words.replyText, also: words.replyAlso } : one));
  return { ...variable, said: words.reply, also: words.replyAlso, children };
}

function childrenOf(path: string, value: Json, depth: number): Variable[] {
  if (depth >= DEEPEST) return [];
  if (Array.isArray(value)) return value.length === 0 ? [] : [child(path, 0, value[0] ?? null, depth)];
  if (!isObject(value)) return [];
  return Object.entries(value)
    .map(([key, inner]) => [key, inner, rankOf(key)] as const)
    .sort(([, , one], [, , other]) => one - other)
    .slice(0, MOST_CHILDREN)
    .map(([key, inner]) => child(path, key, inner, depth));
}

export function isForPrograms(name: string): boolean {
  return /(^|_)ids?$/.test(name);
}

/** What somebody wrote is read first. */
function rankOf(name: string): number {
  return name === "body" ? 0 : isForPrograms(name) ? 2 : 1;
}

function child(path: string, key: string | number, sample: Json, depth: number): Variable {
  const below = typeof key === "string" && /^[A-Za-z_][A-Za-z0-9_-]*$/.test(key) ? `${path}.${key}` : `${path}[${JSON.stringify(key)}]`;
  return { path: below, name: String(key), sample, children: childrenOf(below, sample, depth + 1) };
}

function nameIn(node: FlowNode, field: string, otherwise: string): string {
  const name = node.config[field];
  return typeof name === "string" && name !== "" ? name : otherwise;
}

