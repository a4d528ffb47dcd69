/** What differs between two drawings, in words and field by field: for a list beside the canvas, and before one publishes. */

import { configTexts } from "@/texts/config";
import { diffTexts as words } from "@/texts/diff";
import { stepSettingsTexts } from "@/texts/step-settings";

import { type Catalogue, handleUsed, titleOf } from "./catalogue";
import { conditionInWords } from "./conditionWords";
import { type Change, isSame, type Overlay, overlayOf } from "./diff";
import { type Drawing, type FlowNode, isObject, isTrigger, type Json, type JsonObject } from "./drawing";
import { type Control, type Field, fieldsOf } from "./formFields";
import { inOrder } from "./graph";
import { summaryOf } from "./summaries";
import { namesIn } from "./variableWords";
import { wayInWords } from "./wayWords";

type Difference = Exclude<Change, "same">;

export interface FieldDifference {
  /** What the form calls it: `Retry › Attempts`. */
  readonly name: string;
  readonly change: Difference;
  /** Null: it was not there, or is not there any more. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface StepDifference {
  readonly id: string;
  readonly title: string;
  readonly change: Difference;
  /** Of a step that came or went: what it does. */
  readonly summary: string | null;
  readonly fields: readonly FieldDifference[];
}

export interface LineDifference {
  readonly id: string;
  readonly change: "added" | "removed";
  readonly text: string;
}

export interface Differences {
  readonly overlay: Overlay;
  readonly steps: readonly StepDifference[];
  /** Only those between steps that were there before and still are: the others say no more than their step. */
  readonly lines: readonly LineDifference[];
}

export function differencesOf(before: Drawing, after: Drawing, catalogue: Catalogue): Differences {
  const overlay = overlayOf(before, after, catalogue);
  const names = namesIn(overlay.drawing);
  const old = new Map(before.nodes.map((node) => [node.id, node]));
  const all = new Map(overlay.drawing.nodes.map((node) => [node.id, node]));
  const steps = inOrder(overlay.drawing).flatMap((id): StepDifference[] => {
    const [node, change] = [all.get(id), overlay.nodes.get(id)];
    if (node === undefined || change === undefined || change === "same") return [];
    const was = change === "changed" ? old.get(id) : undefined;
    const fields = was === undefined ? [] : fieldDifferences(was, node, catalogue);
    return [{ id, title: titleOf(node, catalogue), change, summary: was === undefined ? summaryOf(node, names) : null, fields }];
  });
  const stays = (id: string) => overlay.nodes.get(id) === "same" || overlay.nodes.get(id) === "changed";
  const lines = overlay.drawing.edges.flatMap((edge): LineDifference[] => {
    const change = overlay.edges.get(edge.id);
    const [source, target] = [all.get(edge.source), all.get(edge.target)];
    if (change !== "added" && change !== "removed") return [];
    if (source === undefined || target === undefined || !stays(edge.source) || !stays(edge.target)) return [];
    const handle = handleUsed(source, edge.sourceHandle, catalogue);
    const way = handle === null || handle === "out" ? null : wayInWords(source, handle);
    return [{ id: edge.id, change, text: words.line(titleOf(source, catalogue), way, titleOf(target, catalogue)) }];
  });
  return { overlay, steps, lines };
}

/** `2 new steps, 1 step changed`. */
export function differencesInWords({ steps, lines }: Differences): string {
  const kinds: readonly Difference[] = ["added", "changed", "removed"];
  const counted = kinds.flatMap((kind) => {
    const count = steps.filter(({ change }) => change === kind).length;
    return count === 0 ? [] : [words.steps[kind](count)];
  });
  const said = [...counted, ...(lines.length === 0 ? [] : [words.lines(lines.length)])];
  return said.length === 0 ? words.same : said.join(", ");
}

function fieldDifferences(before: FlowNode, after: FlowNode, catalogue: Catalogue): FieldDifference[] {
  const type = catalogue.get(after.type);
  const fields = fieldsOf(type?.config_schema, !isTrigger(after));
  return [
    ...plain(words.type, typeTitle(before, catalogue), typeTitle(after, catalogue)),
    ...plain(words.name, titleOf(before, catalogue), titleOf(after, catalogue)),
    ...plain(words.disabled, yesOrNo(before.disabled), yesOrNo(after.disabled)),
    ...inFields(before.config, after.config, fields, []),
    ...inFields(before.dataRest, after.dataRest, [], []),
  ];
}

function plain(name: string, before: string, after: string): FieldDifference[] {
  return before === after ? [] : [{ name, change: "changed", before, after }];
}

/** In the order of the form; what the form does not know comes last. */
function inFields(before: JsonObject, after: JsonObject, fields: readonly Field[], path: readonly string[]): FieldDifference[] {
  const known = fields.map((field) => field.name);
  const names = new Set([...known, ...Object.keys(after), ...Object.keys(before)]);
  return [...names].flatMap((name) => {
    const field = fields.find((one) => one.name === name);
    return inValue(before[name], after[name], field?.control ?? null, [...path, field?.title ?? settingTitle(name)], name, field?.widget ?? null);
  });
}

function inValue(
  before: Json | undefined,
  after: Json | undefined,
  control: Control | null,
  path: readonly string[],
  name: string,
  widget: string | null,
): FieldDifference[] {
  if (before === after || (before !== undefined && after !== undefined && isSame(before, after))) return [];
  const [old, now] = [before ?? {}, after ?? {}];
  const isWhole = before === undefined || after === undefined;
  // What a person would not read field by field is shown as it is: a pinned output, and what no form is known of.
  const isOpened = name !== "pinned" && (!isWhole || control?.kind === "group" || path.length === 1);
  if (isObject(old) && isObject(now) && isOpened && conditionWords(after ?? old, widget, name) === null) {
    const inside = inFields(old, now, control?.kind === "group" ? control.fields : [], path);
    if (inside.length > 0) return inside;
  }
  if (Array.isArray(before) && Array.isArray(after) && [...before, ...after].every(isObject)) {
    const item = control?.kind === "list" ? control.item : null;
    return [...Array(Math.max(before.length, after.length)).keys()].flatMap((index) =>
      inValue(before[index], after[index], item, [...path, words.item(index + 1)], name, null),
    );
  }
  const change = before === undefined ? "added" : after === undefined ? "removed" : "changed";
  const [was, is] = [before, after].map((value) => (value === undefined ? null : valueWords(value, control, widget, name)));
  // Words may leave out what differs.
  const isToldApart = was !== is;
  return [
    {
      name: words.inside(path),
      change,
      before: isToldApart || before === undefined ? (was ?? null) : JSON.stringify(before, null, 2),
      after: isToldApart || after === undefined ? (is ?? null) : JSON.stringify(after, null, 2),
    },
  ];
}

function valueWords(value: Json, control: Control | null, widget: string | null, name: string): string {
  const condition = conditionWords(value, widget, name);
  if (condition !== null) return condition;
  if (value === null || value === "") return words.empty;
  if (typeof value === "boolean") return yesOrNo(value);
  if (typeof value === "string") return control?.kind === "choice" ? configTexts.choice(value, name) : value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string" || typeof item === "number")) return value.length === 0 ? words.empty : value.join(", ");
  return typeof value === "object" ? JSON.stringify(value, null, 2) : String(value);
}

function conditionWords(value: Json, widget: string | null, name: string): string | null {
  return widget === "condition" || name === "condition" || name === "conditions" || name === "retry_if" ? conditionInWords(value) : null;
}

function settingTitle(name: string): string {
  if (name === "pinned") return words.pinned;
  const titles: Readonly<Record<string, readonly [string, string] | undefined>> = stepSettingsTexts.fields;
  return titles[name]?.[0] ?? words.field(name);
}

function typeTitle(node: FlowNode, catalogue: Catalogue): string {
  return catalogue.get(node.type)?.title ?? node.type;
}

function yesOrNo(value: boolean): string {
  return value ? words.yes : words.no;
}
