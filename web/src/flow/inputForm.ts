/** What a trigger asks for at a start: its fields, and what was filled in as the API takes it. */

import { isObject, type Json, type JsonObject } from "./drawing";
import { figureMistake } from "./figures";
import { type Field, fieldsOf } from "./formFields";
import { editorTestTexts } from "@/texts/editor-test";

const texts = editorTestTexts.input;

export type RecordKind = "lead" | "conversation";

export interface StartForm {
  readonly record: RecordKind | null;
  readonly fields: readonly Field[];
  /** What it takes beside its fields, or instead of them. */
  readonly isOpen: boolean;
}

const SCHEMAS: Readonly<Record<string, string>> = { "trigger-manual": "input_schema", "trigger-ai-tool": "input_schema", "trigger-webhook": "body_schema" };

/** Null: nothing is filled in for such a trigger. */
export function startFormOf(type: string, config: JsonObject): StartForm | null {
  const name = SCHEMAS[type];
  if (name === undefined) return null;
  const schema = config[name];
  const fields = fieldsOf(schema);
  const { record } = config;
  return {
    record: type === "trigger-manual" && (record === "lead" || record === "conversation") ? record : null,
    fields,
    isOpen: isObject(schema) ? schema["additionalProperties"] === true || !("properties" in schema) : true,
  };
}

/** A switch that has to be answered stands at no: one cannot see the difference. */
export function firstValues(fields: readonly Field[]): JsonObject {
  return Object.fromEntries(
    fields.flatMap(({ name, standard, isRequired, control }) => {
      const value = standard ?? (isRequired && control.kind === "switch" ? false : undefined);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** Without what was left empty. */
export function filled(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));
}

/** What keeps it from being sent, by field. */
export type Problems = ReadonlyMap<string, string>;
export const NO_PROBLEMS: Problems = new Map();

/** What the server would refuse, as far as it is seen before. */
export function problemsIn(fields: readonly Field[], values: JsonObject): Problems {
  const given = filled(values);
  return new Map(
    fields.flatMap((field): [string, string][] => {
      const problem = problemOf(field, given[field.name]);
      return problem === null ? [] : [[field.name, problem]];
    }),
  );
}

function problemOf({ control, isRequired, standard }: Field, value: Json | undefined): string | null {
  if (value === undefined) return isRequired && standard === undefined ? texts.required : null;
  if (control.kind === "number") return figureMistake(value, control);
  if (control.kind === "text" && control.most !== null && typeof value === "string" && value.length > control.most) return texts.longest(control.most);
  return null;
}

/** All of them, where there is no field to say one at. */
export function problemWords(fields: readonly Field[], problems: Problems): string | null {
  const words = fields.flatMap(({ name, title }) => (problems.has(name) ? [`${title}: ${problems.get(name) ?? ""}`] : []));
  return words.length === 0 ? null : words.join(" ");
}

/** Null: it is no JSON object. */
export function readObject(text: string): JsonObject | null {
  const value = readJson(text.trim() === "" ? "{}" : text);
  return isObject(value) ? value : null;
}

export function readJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
