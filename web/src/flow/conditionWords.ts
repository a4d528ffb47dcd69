/** A condition in a few words, for cards and lists. */

import { flowTexts } from "@/texts/flow";

import { type Condition, type Leaf, parseCondition } from "./conditionTree";
import type { Json } from "./drawing";

const words = flowTexts.condition;
const LONGEST_VALUE = 40;

/** Null for what is no condition. */
export function conditionInWords(value: Json | undefined): string | null {
  const condition = parseCondition(value);
  return condition === null ? null : inWords(condition, false);
}

function inWords(condition: Condition, inside: boolean): string {
  switch (condition.kind) {
    case "leaf":
      return leafInWords(condition);
    case "not":
      return words.not(inWords(condition.child, false));
    case "all":
    case "any": {
      const [first, ...more] = condition.children;
      if (first === undefined) return condition.kind === "all" ? words.always : words.never;
      if (more.length === 0) return inWords(first, inside);
      const joined = condition.children.map((child) => inWords(child, true)).join(words[condition.kind]);
      return inside ? words.group(joined) : joined;
    }
  }
}

function leafInWords({ field, operator, rest }: Leaf): string {
  const name = shortField(field);
  if (operator === "changed") return changeInWords(name, rest["from"], rest["to"]);
  const verb = words.operators[operator] ?? operator;
  const { value } = rest;
  return value === undefined ? `${name} ${verb}` : `${name} ${verb} ${valueInWords(value)}`;
}

function changeInWords(name: string, from: Json | undefined, to: Json | undefined): string {
  if (from !== undefined && to !== undefined) return words.changedFromTo(name, valueInWords(from), valueInWords(to));
  if (to !== undefined) return words.changedTo(name, valueInWords(to));
  return from === undefined ? words.changed(name) : words.changedFrom(name, valueInWords(from));
}

/** `trigger.new.score` is called score; what comes from a step keeps its name. */
export function shortField(field: string, stepName?: string): string {
  if (/^(trigger\.)?new\.id$/.test(field)) return words.itsId;
  const step = /^steps\.([\w-]+)\.(.+)$/.exec(field);
  // The row of a step is what people mean: `body of wait until`.
  if (step !== null) return words.fromStep(named(step[2] ?? "").replace(/^(record|first|message|body|fields|figures|json)\./, ""), stepName ?? named(step[1] ?? ""));
  return named(field.replace(/^(trigger\.)?(new|input|body)\./, "").replace(/^steps\./, ""));
}

function named(path: string): string {
  return path.replace(/_/g, " ");
}

export function valueInWords(value: Json): string {
  if (Array.isArray(value)) return value.length === 0 ? words.nothing : value.map(valueInWords).join(", ");
  if (value === null) return words.nothing;
  const text = typeof value === "string" ? bare(value) : JSON.stringify(value);
  return text.length > LONGEST_VALUE ? `${text.slice(0, LONGEST_VALUE - 1)}…` : text;
}

/** Templates without their braces. */
function bare(text: string): string {
  return text.replace(/\{\{\s*(.*?)\s*\}\}/g, (_, inner: string) => shortField(inner)).trim();
}
