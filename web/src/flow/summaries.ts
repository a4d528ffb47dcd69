/** What a step does, in one line for its card. */

import { flowTexts } from "@/texts/flow";

import { conditionInWords } from "./conditionWords";
import { type FlowNode, isObject, isTrigger, type Json, type JsonObject } from "./drawing";
import { dayNames, listed, texts, triggerInWords } from "./triggerWords";
import { type Names, NO_NAMES, readable } from "./variableWords";

const words = flowTexts.summary;
const LONGEST = 90;

/** Null where nothing can be said that the name does not say. `names`: of what it inserts. */
export function summaryOf(node: FlowNode, names: Names = NO_NAMES): string | null {
  const started = isTrigger(node) ? triggerInWords(node.type, node.config) : null;
  if (started === flowTexts.trigger.none) return words.notSet;
  const said = started ?? SUMMARIES[node.type]?.(node.config, (value) => textOf(value, names)) ?? null;
  if (said === null) return null;
  const line = said.replace(/\s+/g, " ").trim();
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}

type Say = (value: Json | undefined) => string;
type Summary = (config: JsonObject, text: Say) => string | null;

const SUMMARIES: Readonly<Record<string, Summary>> = {
  "action-create-record": ({ table }, text) => (table === undefined ? words.notSet : words.create(text(table))),
  "action-update-record": ({ table, values, tags }, text) => {
    if (table === undefined) return words.notSet;
    return words.update(text(table), listed([...keys(values), ...(tags === undefined ? [] : ["tags"])]));
  },
  "action-find-records": ({ table, conditions }, text) =>
    table === undefined ? words.notSet : words.find(text(table), conditionInWords(conditions)),
  "action-send-message": ({ body }, text) => (body === undefined ? words.notSet : text(body)),
  "action-email": ({ to, subject }, text) => (to === undefined ? words.notSet : words.email(text(to), text(subject))),
  "action-http": ({ method, url }, text) => (url === undefined ? words.notSet : words.http(text(method ?? "GET"), text(url))),
  "action-run-automation": ({ automation }) => (automation === undefined ? words.notSet : words.run),
  "ai-generate": ({ prompt }, text) => (prompt === undefined ? words.notSet : text(prompt)),
  "ai-classify": ({ labels }) => (labels === undefined ? words.notSet : words.classify(listed(names(labels)))),
  "ai-extract": ({ fields }) => (fields === undefined ? words.notSet : words.fields(listed(names(fields)))),
  "logic-approval": ({ title }, text) => (title === undefined ? words.notSet : words.approval(text(title))),
  "logic-condition": ({ condition }) => conditionInWords(condition) ?? words.notSet,
  "logic-delay": delay,
  "logic-join": ({ mode }) => (mode === "any" ? words.joinAny : words.joinAll),
  "logic-loop": ({ items }, text) => (items === undefined ? words.notSet : words.loop(text(items))),
  "logic-stop": ({ status, message }, text) => (message === undefined ? words.stop(text(status ?? "completed")) : text(message)),
  "logic-switch": ({ cases }) => (Array.isArray(cases) ? words.switch(cases.length) : words.notSet),
  "logic-wait": ({ wait_for: what, max_wait: most }, text) =>
    what === undefined ? words.notSet : words.waitFor(words.waits[text(what)] ?? text(what), span(most)),
  "transform-aggregate": ({ figures }) => (figures === undefined ? words.notSet : words.aggregate(listed(keys(figures)))),
  "transform-code": () => words.code,
  "transform-filter": ({ condition }) => words.filter(conditionInWords(condition)),
  "transform-map": () => words.map,
  "transform-set-variable": ({ variables }) => (variables === undefined ? words.notSet : words.variables(listed(keys(variables)))),
};

function delay(config: JsonObject, text: Say): string {
  const { mode = "duration", amount, unit, date, time, weekdays } = config;
  switch (mode) {
    case "duration":
      return delayFor(amount, unit ?? "hours") ?? words.notSet;
    case "date":
      return date === undefined ? words.notSet : words.delayUntil(text(date));
    case "weekday":
      return words.onWeekdays(dayNames(texts(weekdays)) || words.everyWeekday, time === undefined ? "" : text(time));
    default:
      return time === undefined ? words.notSet : words.timeOfDay(text(time));
  }
}

function delayFor(amount: Json | undefined, unit: Json | undefined): string | null {
  const length = amount === undefined || unit === undefined ? null : span({ amount, unit });
  return length === null ? null : words.delayFor(length);
}

function span(value: Json | undefined): string | null {
  if (!isObject(value)) return null;
  const { amount, unit } = value;
  return typeof amount === "number" && typeof unit === "string" ? words.span(amount, unit) : null;
}

function textOf(value: Json | undefined, names: Names): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? readable(value, names) : Array.isArray(value) ? listed(value.map((one) => textOf(one, names))) : JSON.stringify(value);
}

function keys(value: Json | undefined): string[] {
  return isObject(value) ? Object.keys(value) : [];
}

function names(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.flatMap((item) => (isObject(item) && typeof item["name"] === "string" ? [item["name"]] : [])) : [];
}
