/** Settings of an automation that stand in its trigger. */

import type { JsonObject } from "@/flow/drawing";
import { type Field, fieldsOf } from "@/flow/formFields";
import { limitsOf } from "@/flow/stepForm";
import { settingsTexts } from "@/texts/settings";

/** Those with a section of their own, by the name of it. */
const APART = { failure: "on_failure", retention: "keep_days" } as const;

interface LimitFields {
  readonly limits: readonly Field[];
  readonly failure: readonly Field[];
  readonly retention: readonly Field[];
}

export function limitFields(type: string, schema: unknown, config: JsonObject): LimitFields {
  const fields = limitsOf(type, fieldsOf(schema, false), config).map(withDefault);
  const named = (wanted: string) => fields.filter(({ name }) => name === wanted);
  const apart: readonly string[] = Object.values(APART);
  return { limits: fields.filter(({ name }) => !apart.includes(name)), failure: named(APART.failure), retention: named(APART.retention) };
}

function withDefault(field: Field): Field {
  const text = [field.description, settingsTexts.defaults[field.name]].filter((part) => part !== null && part !== undefined && part !== "").join(" ");
  return { ...field, description: text === "" ? null : text };
}
