/** The form that somebody is asked to fill in, as its JSON Schema and as the rows of a builder. */

import { isObject, type Json, type JsonObject } from "./drawing";
import { sameJson, withKey } from "./formValues";
import { inOrder, ORDER } from "./schemaOrder";

export const INPUT_KINDS = ["text", "long", "number", "integer", "switch", "choice", "date", "email", "list"] as const;
export type InputKind = (typeof INPUT_KINDS)[number];

export interface Input {
  readonly name: string;
  readonly label: string;
  readonly kind: InputKind;
  readonly isRequired: boolean;
  readonly help: string;
  /** Of a choice. */
  readonly options: readonly string[];
  /** What its schema says besides: kept. */
  readonly rest: JsonObject;
}

const OF_KIND: Readonly<Record<InputKind, JsonObject>> = {
  text: { type: "string" },
  long: { type: "string", widget: "textarea" },
  number: { type: "number" },
  integer: { type: "integer" },
  switch: { type: "boolean" },
  choice: { type: "string" },
  date: { type: "string", format: "date" },
  email: { type: "string", format: "email" },
  list: { type: "array", items: { type: "string" } },
};

/** Null: a schema with more in it than the builder shows; it is edited as JSON. */
export function readInputs(schema: Json | undefined): Input[] | null {
  if (schema === undefined || schema === null) return [];
  if (!isObject(schema)) return null;
  const properties = schema["properties"] ?? {};
  if ((schema["type"] ?? "object") !== "object" || !isObject(properties)) return null;
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const inputs = inOrder(schema, properties).map(([name, part]) => readInput(name, part, required.includes(name)));
  return inputs.includes(null) ? null : inputs.filter((input) => input !== null);
}

function readInput(name: string, part: Json, isRequired: boolean): Input | null {
  if (!isObject(part)) return null;
  const { title, description, enum: options, ...shape } = part;
  const base = { name, label: text(title), help: text(description), isRequired };
  if (Array.isArray(options)) {
    if (!options.every((option) => typeof option === "string")) return null;
    return { ...base, kind: "choice", options, rest: withKey(shape, "type", undefined) };
  }
  const kind = INPUT_KINDS.find((one) => one !== "choice" && Object.entries(OF_KIND[one]).every(([key, value]) => sameJson(shape[key], value)) && (one !== "text" || !isOther(shape)));
  if (kind === undefined) return null;
  const rest = Object.fromEntries(Object.entries(shape).filter(([key]) => !(key in OF_KIND[kind])));
  return { ...base, kind, options: [], rest };
}

/** A text that is one of the more particular kinds. */
function isOther(shape: JsonObject): boolean {
  return INPUT_KINDS.some((kind) => ["format", "widget"].some((key) => OF_KIND[kind][key] !== undefined && OF_KIND[kind][key] === shape[key]));
}

/** Nothing is asked for where there are no inputs. What the schema says of itself stays. */
export function writeInputs(inputs: readonly Input[], before: Json | undefined): JsonObject | undefined {
  const base = isObject(before) ? before : { type: "object" };
  if (inputs.length === 0) return undefined;
  const properties = Object.fromEntries(inputs.map((input) => [input.name, writeInput(input)]));
  const names = inputs.map((input) => input.name);
  const required = inputs.filter((input) => input.isRequired).map((input) => input.name);
  const schema = withKey({ ...base, type: "object", properties }, "required", required.length === 0 ? undefined : required);
  return withKey(schema, ORDER, names.length === 1 ? undefined : names);
}

function writeInput({ label, help, kind, options, rest }: Input): JsonObject {
  return {
    ...OF_KIND[kind],
    ...(label === "" ? {} : { title: label }),
    ...(help === "" ? {} : { description: help }),
    ...(kind === "choice" ? { enum: [...options] } : {}),
    ...rest,
  };
}

export function newInput(inputs: readonly Input[]): Input {
  const names = new Set(inputs.map((input) => input.name));
  let number = inputs.length + 1;
  while (names.has(`field_${number}`)) number += 1;
  return { name: `field_${number}`, label: "", kind: "text", isRequired: false, help: "", options: [], rest: {} };
}

/** What is left of the letters and digits of a label: `Order number` is order_number. */
export function nameFrom(label: string): string {
  const name = label.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^_+|_+$/g, "");
  return /^\d/.test(name) ? `_${name}` : name;
}

/** With another label: as long as the name is made of it, the name goes with it. */
export function withLabel(input: Input, label: string, others: readonly Input[]): Input {
  const follows = input.name === nameFrom(input.label) || /^field_\d+$/.test(input.name);
  const made = nameFrom(label);
  const isFree = made !== "" && !others.some((other) => other !== input && other.name === made);
  return { ...input, label, name: follows && isFree ? made : input.name };
}

function text(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}
