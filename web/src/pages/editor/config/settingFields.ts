/** What every step takes beside its config (docs/nodes/every-node.md), as fields of a form. */

import { type Field, fieldsOf } from "@/flow/formFields";
import { stepSettingsTexts as texts } from "@/texts/step-settings";

type Schema = Record<string, unknown>;

function titled(name: keyof typeof texts.fields, schema: Schema): Schema {
  const [title, description] = texts.fields[name];
  return { title, description, ...schema };
}

const RETRY = {
  type: "object",
  properties: {
    attempts: titled("attempts", { type: "integer", minimum: 1, maximum: 100, default: 1 }),
    delay_seconds: titled("delay_seconds", { type: "number", minimum: 0, maximum: 604_800, default: 1 }),
    backoff: titled("backoff", { enum: ["exponential", "fixed"], default: "exponential" }),
    max_delay_seconds: titled("max_delay_seconds", { type: "number", minimum: 0, maximum: 604_800, default: 300 }),
    jitter: titled("jitter", { type: "boolean", default: true }),
    retry_if: titled("retry_if", { type: "object", widget: "condition" }),
  },
};

const PROPERTIES: Schema = {
  note: titled("note", { type: "string", maxLength: 2_000, widget: "textarea" }),
  on_error: titled("on_error", { enum: ["stop", "continue"], default: "stop" }),
  retry: titled("retry", RETRY),
  timeout_seconds: titled("timeout_seconds", { type: "number", exclusiveMinimum: 0, maximum: 86_400 }),
  on_unknown: titled("on_unknown", { enum: ["retry", "fail"], default: "retry" }),
  mask: titled("mask", { type: "array", items: { type: "string" }, maxItems: 50 }),
  max_output_bytes: titled("max_output_bytes", { type: "integer", minimum: 1, maximum: 1_048_576, default: 1_048_576 }),
};

const ALL = fieldsOf({ type: "object", properties: PROPERTIES }, false);
const OF_TRIGGERS = new Set(["note"]);

/** A trigger is over when the run begins: there is nothing in it to try again. `on_unknown` is for what goes outside. */
export function settingFields(isTrigger: boolean, effect: string | null): Field[] {
  return ALL.filter(({ name }) => (isTrigger ? OF_TRIGGERS.has(name) : name !== "on_unknown" || effect !== "pure"));
}

export const SETTING_NAMES: ReadonlySet<string> = new Set([...Object.keys(PROPERTIES), "pinned", "disabled", "label"]);
