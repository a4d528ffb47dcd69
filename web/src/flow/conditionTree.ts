/** Conditions as trees: what a builder shows and changes. The JSON is the server's. */

import { isObject, type Json, type JsonObject } from "./drawing";
import { moved } from "./formValues";

export interface Leaf {
  readonly kind: "leaf";
  readonly field: string;
  readonly operator: string;
  /** `value`, `ignore_case`, `from`, `to`: whatever the operator has. */
  readonly rest: JsonObject;
}

export interface Group {
  readonly kind: "all" | "any";
  readonly children: readonly Condition[];
}

export interface Not {
  readonly kind: "not";
  readonly child: Condition;
}

export type Condition = Leaf | Group | Not;

/** Null for what is no condition: such a text is shown as it is, never thrown away. */
export function parseCondition(value: Json | undefined): Condition | null {
  if (!isObject(value)) return null;
  for (const kind of ["all", "any"] as const) {
    const list = value[kind];
    if (!Array.isArray(list)) continue;
    const children = list.map(parseCondition);
    return children.includes(null) ? null : { kind, children: children.filter((child) => child !== null) };
  }
  if (value["not"] !== undefined) {
    const child = parseCondition(value["not"]);
    return child === null ? null : { kind: "not", child };
  }
  const { field, operator, ...rest } = value;
  if (typeof field !== "string" || typeof operator !== "string") return null;
  return { kind: "leaf", field, operator, rest };
}

export function writeCondition(condition: Condition): JsonObject {
  switch (condition.kind) {
    case "leaf":
      return { field: condition.field, operator: condition.operator, ...condition.rest };
    case "not":
      return { not: writeCondition(condition.child) };
    case "all":
    case "any":
      return { [condition.kind]: condition.children.map(writeCondition) };
  }
}

/** Where in a tree: the number of the child at each level; of a `not`, 0. */
export type Path = readonly number[];

export function at(condition: Condition, [first, ...rest]: Path): Condition | null {
  if (first === undefined) return condition;
  const child = childrenOf(condition)[first];
  return child === undefined ? null : at(child, rest);
}

/** With another part at the path; null takes it out, and a group that this leaves empty goes, too. */
export function replaceAt(condition: Condition, [first, ...rest]: Path, part: Condition | null): Condition | null {
  if (first === undefined) return part;
  const children = childrenOf(condition);
  const child = children[first];
  if (child === undefined) return condition;
  const changed = replaceAt(child, rest, part);
  if (condition.kind === "not") return changed === null ? null : { kind: "not", child: changed };
  if (condition.kind === "leaf") return condition;
  const left = children.flatMap((one, index) => (index === first ? (changed === null ? [] : [changed]) : [one]));
  return left.length === 0 ? null : { kind: condition.kind, children: left };
}

/** With a further part in the group at the path; what is no group there becomes one of both. */
export function addAt(condition: Condition, path: Path, part: Condition, kind: Group["kind"] = "all"): Condition {
  const found = at(condition, path);
  if (found === null) return condition;
  const isGroup = found.kind === "all" || found.kind === "any";
  const group: Group = isGroup ? { ...found, children: [...found.children, part] } : { kind, children: [found, part] };
  return replaceAt(condition, path, group) ?? group;
}

export function childrenOf(condition: Condition): readonly Condition[] {
  if (condition.kind === "leaf") return [];
  return condition.kind === "not" ? [condition.child] : condition.children;
}

/** One further up or down among what it stands with. */
export function moveAt(condition: Condition, path: Path, by: -1 | 1): Condition {
  const index = path.at(-1);
  const parent = at(condition, path.slice(0, -1));
  if (index === undefined || parent === null || (parent.kind !== "all" && parent.kind !== "any")) return condition;
  const children = moved(parent.children, index, index + by);
  return replaceAt(condition, path.slice(0, -1), { ...parent, children }) ?? condition;
}

/** Its opposite; of what is negated already, what it was. */
export function negateAt(condition: Condition, path: Path): Condition {
  const found = at(condition, path);
  if (found === null) return condition;
  return replaceAt(condition, path, found.kind === "not" ? found.child : { kind: "not", child: found }) ?? condition;
}
