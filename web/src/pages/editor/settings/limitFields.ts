/** Settings of an automation that stand in its trigger. */

import type { JsonObject } from "@/flow/drawing";
import { type Field, fieldsOf } from "@/flow/formFields";
import { limitsOf } from "@/flow/stepForm";
import { settingsTexts } from "@/texts/settings";

const ON_FAILURE = "on_failure";

interface LimitFields {
  readonly limits: readonly Field[];
  readonly failure: readonly Field[];
}

export function limitFields(type: string, schema: unknown, config: JsonObject): LimitFields {
  const fields = limitsOf(type, fieldsOf(schema, false), config).map(withDefault);
  return { limits: fields.filter(({ name }) => name !== ON_FAILURE), failure: fields.filter(({ name }) => name === ON_FAILURE) };
}

function withDefault(field: Field): Field {
  const text = [field.description, settingsTexts.defaults[field.name]].filter((part) => part !== null && part !== undefined && part !== "").join(" ");
  return { ...field, description: text === "" ? null : text };
}
