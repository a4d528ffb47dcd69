/** What a condition says of a field, and what it is compared with. */

import type { Leaf } from "./conditionTree";
import { isObject, type Json, type JsonObject } from "./drawing";
import { literal } from "./valueKinds";

/** As `GET /expressions` says of each: any, comparable, pair, text, list, time, nothing. */
export type Operand = "any" | "comparable" | "pair" | "text" | "list" | "time" | "nothing" | "change";

export interface Operator {
  readonly name: string;
  readonly operand: Operand;
}

export const CHANGED = "changed";
const OPERANDS = new Set<string>(["any", "comparable", "pair", "text", "list", "time", "nothing"]);
const IGNORES_CASE = new Set(["equals", "not_equals", "contains", "not_contains", "starts_with", "ends_with", "in", "not_in"]);

export function operatorsOf(conditions: readonly { readonly name: string; readonly value: string }[]): Operator[] {
  return conditions.map(({ name, value }) => ({
    name,
    operand: name === CHANGED ? "change" : OPERANDS.has(value) ? (value as Operand) : "any",
  }));
}

/** Another operator; of what it was compared with, what still means something. */
export function withOperator(leaf: Leaf, { name, operand }: Operator): Leaf {
  const { value, ignore_case: ignores } = leaf.rest;
  const kept: JsonObject = ignores === true && IGNORES_CASE.has(name) ? { ignore_case: true } : {};
  const first = Array.isArray(value) ? value[0] : value;
  const base = { ...leaf, operator: name };
  switch (operand) {
    case "nothing":
      return { ...base, rest: {} };
    case "change":
      return { ...base, rest: first === undefined || first === "" ? {} : { to: first } };
    case "list":
      return { ...base, rest: { value: Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value], ...kept } };
    case "pair":
      return { ...base, rest: { value: Array.isArray(value) ? [value[0] ?? "", value[1] ?? ""] : [value ?? "", ""] } };
    default:
      return { ...base, rest: { value: first ?? leaf.rest["to"] ?? "", ...kept } };
  }
}

export function canIgnoreCase(operator: string, value: Json | undefined): boolean {
  const texts = Array.isArray(value) ? value : [value];
  return IGNORES_CASE.has(operator) && texts.some((one) => typeof one === "string" && one !== "");
}

/** What somebody typed, of the type that the field has; where that is not known, as it is written. */
export function comparedWith(text: string, sample: Json | undefined, operand: Operand): Json {
  if (operand === "text" || operand === "time" || text.includes("{{")) return text;
  if (typeof sample === "string") return text;
  if (Array.isArray(sample) && sample.every((item) => typeof item === "string")) return text;
  return literal(text);
}

export function operandText(value: Json | undefined): string {
  if (value === undefined || value === null) return value === null ? "null" : "";
  return typeof value === "string" ? value : isObject(value) || Array.isArray(value) ? JSON.stringify(value) : String(value);
}
