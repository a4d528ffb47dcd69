/** Whether a past change would start a draft, as far as that can be told here: the database decides. */

import { type Condition, type Leaf, parseCondition, writeCondition } from "./conditionTree";
import { conditionInWords } from "./conditionWords";
import { isObject, type Json, type JsonObject } from "./drawing";

export interface PastChange {
  readonly operation: "INSERT" | "UPDATE" | "DELETE";
  readonly old: unknown;
  readonly new: unknown;
  readonly changed: readonly string[] | null;
}

/** `unmet`: the part of the condition that does not hold, in words. */
export type Match = { readonly kind: "matches" | "operation" | "columns" } | { readonly kind: "condition"; readonly unmet: string };

export function matchOf(config: JsonObject, change: PastChange): Match {
  const { event_type: wanted, watch, conditions } = config;
  if (typeof wanted === "string" && wanted !== "any" && wanted !== change.operation) return { kind: "operation" };
  if (change.operation === "UPDATE" && Array.isArray(watch) && watch.length > 0) {
    const changed = new Set<Json>(change.changed ?? []);
    if (!watch.some((column) => changed.has(column))) return { kind: "columns" };
  }
  const condition = parseCondition(conditions);
  if (condition !== null && holds(condition, change) === false) {
    const unmet = unmetPart(condition, change);
    return { kind: "condition", unmet: conditionInWords(writeCondition(unmet)) ?? "" };
  }
  return { kind: "matches" };
}

/** Of parts that all have to hold, the first that does not. */
function unmetPart(condition: Condition, change: PastChange): Condition {
  if (condition.kind !== "all") return condition;
  const child = condition.children.find((one) => holds(one, change) === false);
  return child === undefined ? condition : unmetPart(child, change);
}

/** Null: it cannot be told here. */
function holds(condition: Condition, change: PastChange): boolean | null {
  switch (condition.kind) {
    case "leaf":
      return leafHolds(condition, change);
    case "not": {
      const inner = holds(condition.child, change);
      return inner === null ? null : !inner;
    }
    case "all":
    case "any": {
      const decisive = condition.kind === "any";
      const results = condition.children.map((child) => holds(child, change));
      if (results.includes(decisive)) return decisive;
      return results.includes(null) ? null : !decisive;
    }
  }
}

/** Only what is the same in every language: texts that are equal, numbers in their order, what is there and what changed. */
function leafHolds({ field, operator, rest }: Leaf, change: PastChange): boolean | null {
  const given = valueAt(field, change);
  const value = rest["value"];
  if (rest["ignore_case"] === true) return null;
  switch (operator) {
    case "equals":
      return same(given, value);
    case "not_equals":
      return negated(same(given, value));
    case "in":
      return Array.isArray(value) ? any(value.map((one) => same(given, one))) : null;
    case "not_in":
      return Array.isArray(value) ? negated(any(value.map((one) => same(given, one)))) : null;
    case "greater_than":
      return compared(given, value, (a, b) => a > b);
    case "greater_or_equal":
      return compared(given, value, (a, b) => a >= b);
    case "less_than":
      return compared(given, value, (a, b) => a < b);
    case "less_or_equal":
      return compared(given, value, (a, b) => a <= b);
    case "is_true":
      return given === true;
    case "is_false":
      return given === false;
    case "changed":
      return changed(field, rest, change);
    default:
      return null;
  }
}

function changed(field: string, rest: JsonObject, change: PastChange): boolean | null {
  const column = /^new\.([a-z0-9_]+)$/i.exec(field)?.[1];
  if (column === undefined || change.operation !== "UPDATE") return null;
  if (change.changed?.includes(column) !== true) return false;
  const from = rest["from"] === undefined ? true : same(valueAt(`previous.${column}`, change), rest["from"]);
  const to = rest["to"] === undefined ? true : same(valueAt(field, change), rest["to"]);
  return from === false || to === false ? false : from === null || to === null ? null : true;
}

function valueAt(field: string, change: PastChange): Json | undefined {
  const [root = "", ...names] = field.split(".");
  const rows: Readonly<Record<string, unknown>> = {
    new: change.new,
    previous: change.operation === "UPDATE" ? change.old : null,
    old: change.operation === "DELETE" ? change.old : null,
  };
  let value: unknown = rows[root];
  for (const name of names) value = isObject(value) ? value[name] : undefined;
  return value as Json | undefined;
}

function same(given: Json | undefined, value: Json | undefined): boolean | null {
  if (given === undefined || given === null) return value === null || value === undefined ? null : false;
  if (typeof given !== typeof value || typeof given === "object") return null;
  return given === value;
}

function compared(given: Json | undefined, value: Json | undefined, test: (a: number, b: number) => boolean): boolean | null {
  if (given === null || given === undefined) return false;
  return typeof given === "number" && typeof value === "number" ? test(given, value) : null;
}

function any(results: readonly (boolean | null)[]): boolean | null {
  return results.includes(true) ? true : results.includes(null) ? null : false;
}

function negated(result: boolean | null): boolean | null {
  return result === null ? null : !result;
}
