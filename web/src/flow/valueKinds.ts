/** Of a value that may be anything, or one of a few kinds: which it is, and how it becomes another. */

import { isObject, type Json } from "./drawing";
import type { Control } from "./formFields";

export type ValueKind = "text" | "number" | "switch" | "list" | "json" | "null";

const ALL: readonly ValueKind[] = ["text", "number", "switch", "list", "json", "null"];

export function kindsOf(control: Control): readonly ValueKind[] {
  switch (control.kind) {
    case "json":
      return ALL;
    case "variants":
      return [...new Set(control.variants.flatMap((variant) => kindsOf(variant.control)))];
    case "group":
    case "pairs":
      return ["json"];
    case "choice":
      return ["text"];
    default:
      return [control.kind];
  }
}

/** A text may always hold an expression, which may come to anything. */
export function kindOf(value: Json | undefined, kinds: readonly ValueKind[]): ValueKind {
  const own = ownKind(value);
  if (own !== null && (kinds.includes(own) || own === "text")) return own;
  if (own !== null && kinds.includes("json")) return "json";
  return kinds[0] ?? "json";
}

function ownKind(value: Json | undefined): ValueKind | null {
  if (value === undefined) return null;
  if (value === null) return "null";
  if (typeof value === "string") return "text";
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "switch";
  // What is in a list of rows has to be rows.
  return Array.isArray(value) && value.every((item) => typeof item === "string") ? "list" : "json";
}

/** What can be kept of it is. */
export function asKind(kind: ValueKind, value: Json | undefined): Json {
  switch (kind) {
    case "text":
      return value === undefined || value === null ? "" : typeof value === "string" ? value : JSON.stringify(value);
    case "number": {
      const number = typeof value === "string" && value.trim() !== "" ? Number(value) : Number.NaN;
      return Number.isFinite(number) ? number : typeof value === "number" ? value : 0;
    }
    case "switch":
      return value === true || value === "true";
    case "list":
      return Array.isArray(value) ? value.map((item) => (typeof item === "string" ? item : JSON.stringify(item))) : typeof value === "string" && value !== "" ? [value] : [""];
    case "json":
      return isObject(value) || Array.isArray(value) ? value : {};
    case "null":
      return null;
  }
}

/** A text that somebody typed to compare with: a number where it is written as one, `true`, `false`, `null`. */
export function literal(text: string): Json {
  if (/^-?\d+(\.\d+)?$/.test(text) && String(Number(text)) === text) return Number(text);
  return text === "true" ? true : text === "false" ? false : text === "null" ? null : text;
}
