/** What a step can use, as the rows of a list to choose from. */

import type { Json } from "./drawing";
import { sampleText } from "./templateText";
import { isForPrograms, type Source, type Variable } from "./variables";

export interface VariableRow {
  readonly path: string;
  readonly name: string;
  readonly depth: number;
  readonly sample: Json;
  /** In words, where it is not there on every way. */
  readonly only: string | null;
  readonly hasMore: boolean;
  readonly isOpen: boolean;
}

export interface RowGroup {
  readonly key: string;
  readonly title: string;
  readonly rows: readonly VariableRow[];
}

// What most look for is inside of these.
const OPEN_AT_FIRST = new Set(["new", "record", "input", "body", "fields", "first", "item"]);

export function openAtFirst(sources: readonly Source[]): ReadonlySet<string> {
  return new Set(sources.flatMap((source) => source.variables.filter((one) => OPEN_AT_FIRST.has(one.name)).map((one) => one.path)));
}

/** As a tree; where somebody searches, all that has each word in its path or its sample, flat. */
export function rowGroups(sources: readonly Source[], open: ReadonlySet<string>, search: string): RowGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return sources
    .map((source, index) => ({
      key: `${source.nodeId ?? ""}-${index}`,
      title: source.title,
      rows: words.length === 0 ? treeRows(source.variables, open, 0) : foundRows(source, words),
    }))
    .filter((group) => group.rows.length > 0);
}

/** Everything, each path once, where it stands first. */
export function allPaths(sources: readonly Source[]): { readonly group: string; readonly items: string[] }[] {
  const taken = new Set<string>();
  const groups = new Map<string, string[]>();
  for (const source of sources) {
    const paths = flat(source.variables).map((one) => one.path).filter((path) => !taken.has(path) && taken.add(path));
    if (paths.length > 0) groups.set(source.title, [...(groups.get(source.title) ?? []), ...paths]);
  }
  return [...groups].map(([group, items]) => ({ group, items }));
}

function treeRows(variables: readonly Variable[], open: ReadonlySet<string>, depth: number): VariableRow[] {
  return variables.flatMap((one) => {
    const isOpen = open.has(one.path);
    const row = { ...rowOf(one, depth), isOpen };
    return isOpen ? [row, ...treeRows(one.children, open, depth + 1)] : [row];
  });
}

function foundRows(source: Source, words: readonly string[]): VariableRow[] {
  const title = source.title.toLowerCase();
  // What is meant by it comes before what is called so, and that before what only has it somewhere; ids come last.
  const isMeant = ({ also, children }: Variable) => also !== undefined && children.length === 0 && words.some((word) => also.includes(word));
  const isCalled = ({ name }: Variable) => words.some((word) => name.toLowerCase().startsWith(word));
  const rank = (one: Variable) => (isForPrograms(one.name) ? 3 : isMeant(one) ? 0 : isCalled(one) ? 1 : 2);
  return flat(source.variables)
    .filter((one) => {
      const text = `${title} ${one.path} ${one.said ?? ""} ${one.also ?? ""} ${typeof one.sample === "object" ? "" : sampleText(one.sample)}`.toLowerCase();
      return words.every((word) => text.includes(word));
    })
    .sort((a, b) => rank(a) - rank(b))
    .map((one) => ({ ...rowOf(one, 0), name: one.said ?? one.path, hasMore: false }));
}

function flat(variables: readonly Variable[]): Variable[] {
  return variables.flatMap((one) => [one, ...flat(one.children)]);
}

function rowOf(one: Variable, depth: number): VariableRow {
  return { path: one.path, name: depth === 0 ? (one.said ?? one.name) : one.name, depth, sample: one.sample, only: one.only ?? null, hasMore: one.children.length > 0, isOpen: false };
}
