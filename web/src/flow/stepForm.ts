/** How the form of a step is laid out: what its schema does not say. Types that are not ours have all their fields, one below the other. */

import { type Json, type JsonObject } from "./drawing";
import type { Field } from "./formFields";

export interface FormLayout {
  /** What one fills in first. */
  readonly main: readonly Field[];
  /** What has a good default. */
  readonly more: readonly Field[];
}

/** Fields of all triggers that say how many runs there may be, rather than what starts them. */
const LIMITS = ["concurrency", "debounce", "rate_limit", "max_starts_per_hour", "breaker", "keep_days", "allow_reentry", "on_failure", "overlap", "on_missed", "missed_at_most"];

const MORE: Readonly<Record<string, readonly string[]>> = {
  "action-email": ["cc", "bcc", "reply_to", "from_name", "attachments", "timeout_seconds"],
  "action-http": ["timeout_seconds", "success_codes", "max_response_bytes", "follow_redirects", "pagination"],
  "action-run-automation": ["lead_id", "conversation_id", "output"],
  "action-send-message": ["conversation_id", "lead_id", "channel", "begin"],
  "action-update-record": ["record_id"],
  "ai-classify": ["confidence_floor", "model", "max_output_tokens", "timeout_seconds"],
  "ai-extract": ["model", "max_output_tokens", "timeout_seconds"],
  "ai-generate": ["model", "temperature", "max_output_tokens", "timeout_seconds"],
  "logic-approval": ["self_approval", "notify", "notify_conversation"],
  "logic-delay": ["offset", "offset_unit", "offset_direction", "if_past"],
  "logic-loop": ["item_name", "index_name", "parallelism", "max_items", "continue_on_error", "collect"],
  "logic-wait": ["record_id", "run_id", "correlate", "count_from"],
  "transform-code": ["seconds"],
  "transform-filter": ["sort_by", "descending", "limit"],
  "trigger-schedule": ["starts_at", "ends_at"],
  "trigger-webhook": ["replay_window_seconds", "body_schema", "answer", "answer_within_seconds"],
};

/** A field that counts for some values of another: the other, its value where it has none, and those values. */
type Only = readonly [field: string, standard: string, values: readonly string[]];

const ONLY: Readonly<Record<string, Readonly<Record<string, Only>>>> = {
  "action-http": { body: ["body_type", "none", ["json", "form", "raw"]] },
  "action-update-record": {
    "assign.to": ["mode", "", ["fixed"]],
    "assign.among": ["mode", "", ["round_robin"]],
    "assign.another": ["mode", "", ["round_robin"]],
  },
  "ai-extract": { "fields.options": ["type", "text", ["enum"]] },
  "logic-delay": {
    ...keyed(["amount", "unit"], ["mode", "duration", ["duration"]]),
    ...keyed(["date", "offset", "offset_unit", "offset_direction"], ["mode", "duration", ["date"]]),
    weekdays: ["mode", "duration", ["weekday"]],
    time: ["mode", "duration", ["weekday", "time_of_day"]],
    ...keyed(["timezone", "if_past"], ["mode", "duration", ["date", "weekday", "time_of_day"]]),
  },
  "logic-wait": {
    ...keyed(["record", "record_id"], ["wait_for", "", ["reply", "condition", "change"]]),
    condition: ["wait_for", "", ["reply", "condition", "change"]],
    columns: ["wait_for", "", ["change"]],
    ...keyed(["automation_id", "run_id"], ["wait_for", "", ["automation"]]),
    ...keyed(["signal", "correlate"], ["wait_for", "", ["signal"]]),
  },
  "transform-aggregate": { "figures.*.separator": ["operation", "", ["join"]] },
  "trigger-event": { watch: ["event_type", "", ["UPDATE", "any"]] },
  "trigger-schedule": {
    cron: ["kind", "cron", ["cron"]],
    ...keyed(["amount", "unit"], ["kind", "cron", ["every"]]),
    times: ["kind", "cron", ["daily", "weekly", "monthly"]],
    weekdays: ["kind", "cron", ["weekly"]],
    days: ["kind", "cron", ["monthly"]],
    dates: ["kind", "cron", ["dates"]],
    missed_at_most: ["on_missed", "once", ["all"]],
  },
  "trigger-webhook": { answer_within_seconds: ["answer", "immediately", ["last_step"]] },
};

/** A field that is needed for some values of another, which its schema cannot say. */
const NEEDED: Readonly<Record<string, Readonly<Record<string, Only>>>> = {
  "action-email": { text: ["html", "", [""]] },
  "action-update-record": { "assign.to": ["mode", "", ["fixed"]], "assign.among": ["mode", "", ["round_robin"]] },
  "logic-delay": {
    amount: ["mode", "duration", ["duration"]],
    date: ["mode", "duration", ["date"]],
    weekdays: ["mode", "duration", ["weekday"]],
    time: ["mode", "duration", ["time_of_day"]],
  },
  "logic-wait": { condition: ["wait_for", "", ["condition"]], signal: ["wait_for", "", ["signal"]] },
};

/** How a field is asked for, where neither its schema says so nor its shape. */
const WIDGETS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "action-email": { to: "recipients", cc: "recipients", bcc: "recipients", reply_to: "recipients", "attachments.content": "textarea" },
  "action-run-automation": { lead_id: "lead", conversation_id: "conversation" },
  "action-send-message": { lead_id: "lead", conversation_id: "conversation", channel: "channel" },
  "action-update-record": { "assign.to": "user", "assign.among": "users" },
  "ai-classify": { text: "textarea", "labels.description": "textarea" },
  "ai-extract": { text: "textarea", "fields.description": "textarea" },
  "ai-generate": { data: "textarea", output_schema: "input_schema" },
  "logic-approval": { message: "textarea", notify_conversation: "conversation", "notify.user_id": "user" },
  "logic-loop": { items: "items" },
  "logic-stop": { message: "textarea" },
  "logic-wait": { record_id: "record", automation_id: "automation" },
  "transform-aggregate": { items: "items", group_by: "item_path", "figures.*.field": "item_path" },
  "transform-filter": { items: "items", sort_by: "item_path" },
  "transform-map": { items: "items", value: "item_path" },
};

/** What has a value is shown whatever the rules say: nobody loses what they cannot see. */
export function isShown(type: string, path: string, value: Json | undefined, siblings: JsonObject): boolean {
  const rule = found(ONLY[type], path);
  if (rule === undefined || (value !== undefined && value !== null)) return true;
  const [field, standard, values] = rule;
  const other = siblings[field] ?? standard;
  // A template may come to any of them.
  return typeof other !== "string" || values.includes(other) || other.includes("{{");
}

/** Types that refuse what another choice has left behind, which nobody wants to clear by hand; undo brings it back. */
const CLEARED = new Set(["logic-delay", "logic-wait"]);

/** What is left of a config after a choice: values that count for other choices alone go. */
export function afterChoice(type: string, config: JsonObject, chosen: string): JsonObject {
  if (!CLEARED.has(type)) return config;
  const isIdle = (name: string) => ONLY[type]?.[name]?.[0] === chosen && !isShown(type, name, undefined, config);
  return Object.fromEntries(Object.entries(config).filter(([name]) => !isIdle(name)));
}

export function isNeeded(type: string, path: string, siblings: JsonObject): boolean {
  const rule = found(NEEDED[type], path);
  if (rule === undefined) return false;
  const [field, standard, values] = rule;
  const other = siblings[field] ?? standard;
  return typeof other === "string" && values.includes(other);
}

export function layoutOf(type: string, fields: readonly Field[], config: JsonObject): FormLayout {
  const shown = fields.filter((field) => isShown(type, field.name, config[field.name], config) && !isLimit(type, field.name) && !isFixed(field));
  const more = new Set(MORE[type] ?? []);
  return { main: shown.filter((field) => !more.has(field.name)), more: shown.filter((field) => more.has(field.name)) };
}

/** What can be nothing else is not asked for. */
function isFixed({ control, isRequired }: Field): boolean {
  return control.kind === "choice" && control.values.length === 1 && !isRequired;
}

export function limitsOf(type: string, fields: readonly Field[], config: JsonObject): Field[] {
  return fields.filter((field) => isLimit(type, field.name) && isShown(type, field.name, config[field.name], config));
}

export function isLimit(type: string, field: string): boolean {
  return type.startsWith("trigger-") && LIMITS.includes(field);
}

export function widgetOf(type: string, path: string, field: Field): string | null {
  return found(WIDGETS[type], path) ?? field.widget;
}

/** `["cases", 0, "id"]` is `cases.id` in the tables above. */
export function ruleKey(path: readonly (string | number)[]): string {
  return path.filter((part) => typeof part === "string").join(".");
}

/** What is said of all pairs is said of `*`. */
function found<T>(table: Readonly<Record<string, T>> | undefined, path: string): T | undefined {
  return table?.[path] ?? table?.[path.replace(/\.[^.]+\./, ".*.")];
}

function keyed(names: readonly string[], rule: Only): Record<string, Only> {
  return Object.fromEntries(names.map((name) => [name, rule]));
}
