/** What a trigger asks for at a start: its fields, and what was filled in as the API takes it. */

import { isObject, type Json, type JsonObject } from "./drawing";
import { type Field, fieldsOf } from "./formFields";

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

export function firstValues(fields: readonly Field[]): JsonObject {
  return Object.fromEntries(fields.flatMap(({ name, standard }) => (standard === undefined ? [] : [[name, standard]])));
}

/** Without what was left empty. */
export function filled(values: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "" && value !== null));
}

/** Names of required fields in which nothing stands. */
export function missing(fields: readonly Field[], values: JsonObject): string[] {
  const given = filled(values);
  return fields.filter(({ name, isRequired, standard }) => isRequired && standard === undefined && given[name] === undefined).map(({ name }) => name);
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
