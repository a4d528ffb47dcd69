/** What is in a form as a value: what is left empty has no key, so that defaults hold. */

import { isObject, type Json, type JsonObject } from "./drawing";
import type { Control, Variant } from "./formFields";

export type FieldPath = readonly (string | number)[];

export function withKey(value: JsonObject, key: string, next: Json | undefined): JsonObject {
  if (next !== undefined) return { ...value, [key]: next };
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

/** Of an object that nothing is left of, nothing. */
export function unlessEmpty(value: JsonObject): JsonObject | undefined {
  return Object.keys(value).length === 0 ? undefined : value;
}

export function listOf(value: Json | undefined): Json[] {
  return Array.isArray(value) ? value : [];
}

export function withItem<T>(list: readonly T[], index: number, item: T): T[] {
  return list.map((one, at) => (at === index ? item : one));
}

export function withoutItem<T>(list: readonly T[], index: number): T[] {
  return list.filter((_, at) => at !== index);
}

export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const item = list[from];
  if (item === undefined || to < 0 || to >= list.length) return [...list];
  const left = withoutItem(list, from);
  return [...left.slice(0, to), item, ...left.slice(to)];
}

export type Pair = readonly [name: string, value: Json];

export function pairsOf(value: Json | undefined): Pair[] {
  return isObject(value) ? Object.entries(value) : [];
}

/** Rows without a name are not yet something; of two with one name the later wins, as in JSON. */
export function fromPairs(pairs: readonly Pair[]): JsonObject | undefined {
  return unlessEmpty(Object.fromEntries(pairs.filter(([name]) => name !== "")));
}

export function repeatedNames(pairs: readonly Pair[]): ReadonlySet<string> {
  const names = pairs.map(([name]) => name).filter((name) => name !== "");
  return new Set(names.filter((name, index) => names.indexOf(name) !== index));
}

export type ReadJson = { readonly value: Json | undefined } | { readonly mistake: string };

/** Nothing typed is nothing set. */
export function readJson(text: string): ReadJson {
  if (text.trim() === "") return { value: undefined };
  try {
    return { value: JSON.parse(text) as Json };
  } catch (error) {
    return { mistake: error instanceof Error ? error.message : String(error) };
  }
}

export function jsonText(value: Json | undefined): string {
  return value === undefined ? "" : JSON.stringify(value, null, 2);
}

export function sameJson(a: Json | undefined, b: Json | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** Which variant a value is; -1: none of them. */
export function variantOf(variants: readonly Variant[], value: Json | undefined): number {
  if (value === undefined || value === null) return -1;
  return variants.findIndex(({ tag, control }) => {
    if (tag === null) return fits(control, value);
    return isObject(value) && value[tag[0]] === tag[1];
  });
}

/** As another variant: what was in it before, else what of this one it has, too. */
export function asVariant(variant: Variant, value: Json | undefined, before: Json | undefined): Json {
  if (before !== undefined) return before;
  const { tag, control } = variant;
  if (control.kind !== "group") return emptyOf(control);
  const names = new Set(control.fields.map((field) => field.name));
  const kept = isObject(value) ? Object.entries(value).filter(([name]) => names.has(name)) : [];
  return { ...Object.fromEntries(kept), ...(tag === null ? {} : { [tag[0]]: tag[1] }) };
}

export function emptyOf(control: Control): Json {
  switch (control.kind) {
    case "text":
      return "";
    case "number":
      return control.least ?? (control.above === null ? 0 : control.above + 1);
    case "switch":
      return false;
    case "choice":
      return control.values[0] ?? null;
    case "list":
      return [];
    case "group":
    case "pairs":
      return {};
    case "variants":
      return control.variants[0] === undefined ? null : asVariant(control.variants[0], undefined, undefined);
    case "json":
      return "";
  }
}

export function fits(control: Control, value: Json): boolean {
  switch (control.kind) {
    case "text":
      return typeof value === "string";
    case "number":
      return typeof value === "number";
    case "switch":
      return typeof value === "boolean";
    case "choice":
      return control.values.includes(value);
    case "list":
      return Array.isArray(value);
    case "group":
    case "pairs":
      return isObject(value);
    case "variants":
      return control.variants.some((variant) => fits(variant.control, value));
    case "json":
      return true;
  }
}

export function isExpression(value: Json | undefined): value is string {
  return typeof value === "string" && value.includes("{{");
}
