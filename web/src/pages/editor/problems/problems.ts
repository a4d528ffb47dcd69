/** What keeps a drawing from being published, by step and field. */

import type { Catalogue, NodeType } from "@/flow/catalogue";
import { fieldAt } from "@/flow/fieldAt";
import { fieldsOf } from "@/flow/formFields";
import { ruleKey, widgetOf } from "@/flow/stepForm";
import type { components } from "@/lib/api-types";
import type { FieldProblem } from "@/pages/editor/config/ConfigPanel";
import { settingFields } from "@/pages/editor/config/settingFields";
import { problemsTexts as texts } from "@/texts/problems";

export type FlowProblem = components["schemas"]["FlowProblem"];
type Path = FieldProblem["path"];

/** `isQuiet`: nobody has come there yet, so it is no mistake. */
export interface ToldProblem extends FlowProblem {
  readonly isQuiet: boolean;
}

const SETTINGS = "data.";
const CONFIG = "config.";
const MISSING = "missing_field";
// What the server says to do about any field, to whoever has no form.
const SAYS_NO_MORE = new Set([MISSING, "bad_config"]);
const CHOSEN = new Set(["automation", "channel", "column", "conversation", "lead", "record", "table", "timezone", "user"]);

/** `cases.0.id`, `data.config.cases.0.id` and `data.retry.attempts` as the panel has them. */
export function pathOf(field: string | null): Path {
  if (field === null || field === "" || field === "id" || field === "type" || field === "data") return [];
  const inData = field.startsWith(SETTINGS) ? field.slice(SETTINGS.length) : field;
  const bare = inData === "config" ? "" : inData.startsWith(CONFIG) ? inData.slice(CONFIG.length) : inData;
  return bare === "" ? [] : bare.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

export interface ProblemWords {
  /** Of the field; null: it is of the step. */
  readonly title: string | null;
  readonly text: string;
}

/** Without names that only programs know. */
export function wordsOf(problem: ToldProblem | FlowProblem, type: NodeType | null): ProblemWords {
  const path = pathOf(problem.field);
  const field = path.length === 0 ? null : fieldAt([...fieldsOf(type?.config_schema), ...settingFields(false, null)], path);
  const title = field?.title ?? null;
  const isQuiet = "isQuiet" in problem && problem.isQuiet;
  if (isQuiet && problem.code !== MISSING) return { title, text: texts.unfinished };
  if (problem.code === MISSING && field !== null) {
    const isChosen = field.control.kind === "choice" || CHOSEN.has(widgetOf(type?.type ?? "", ruleKey(path), field) ?? "") || field.name === "event_source";
    if (isQuiet) return { title, text: isChosen ? texts.stillToChoose : texts.stillToFillIn };
    return { title, text: isChosen ? texts.choose(field.title) : texts.fillIn };
  }
  const message = texts.sentence(bareMessage(problem, type));
  return { title, text: SAYS_NO_MORE.has(problem.code) ? message : `${message} ${problem.hint}` };
}

/** Without the step and the field before it, which are plain to see. */
function bareMessage({ message, field }: FlowProblem, type: NodeType | null): string {
  const names = [...(type === null ? [] : [type.title]), ...(field === null ? [] : [`'${field}'`, field])];
  return names.reduce((text, name) => (text.startsWith(`${name}: `) ? text.slice(name.length + 2) : text), message);
}

export function fieldProblemsOf(problems: readonly ToldProblem[], nodeId: string, type: NodeType | null, warnings: readonly ToldProblem[] = []): FieldProblem[] {
  const told = (all: readonly ToldProblem[], isWarning: boolean) =>
    all
      .filter((one) => one.node_id === nodeId && (one.code === MISSING || !one.isQuiet))
      .map((one) => ({ path: pathOf(one.field), message: wordsOf(one, type).text, isError: !isWarning && !one.isQuiet, isMissing: one.code === MISSING }));
  return [...told(problems, false), ...told(warnings, true)];
}

/** How many of each step are mistakes, and how many are only still to be filled in. */
export interface Counts {
  readonly problems: number;
  readonly open: number;
}

export function countsOf(problems: readonly ToldProblem[]): Counts {
  const open = problems.filter((one) => one.isQuiet).length;
  return { problems: problems.length - open, open };
}

export function countsByStep(problems: readonly ToldProblem[]): ReadonlyMap<string, Counts> {
  const ids = new Set(problems.flatMap((one) => (one.node_id === null ? [] : [one.node_id])));
  return new Map([...ids].map((id) => [id, countsOf(problems.filter((one) => one.node_id === id))]));
}

/** Fields that were left once, by step and path; `isAsked`: somebody wants to publish; `unfinished`: where somebody is typing. */
export function toldOf(problems: readonly FlowProblem[], left: ReadonlySet<string>, isAsked: boolean, unfinished: ReadonlySet<string> = new Set()): ToldProblem[] {
  return problems.map((one) => {
    const isAt = (fields: ReadonlySet<string>) => one.node_id !== null && isAmong(one.node_id, pathOf(one.field), fields);
    return { ...one, isQuiet: isAt(unfinished) || (one.code === MISSING && one.node_id !== null && !isAsked && !isAt(left)) };
  });
}

export function leftKey(node: string, path: string): string {
  return `${node} ${path}`;
}

/** It, or what it is in. */
function isAmong(node: string, path: Path, fields: ReadonlySet<string>): boolean {
  return path.some((_, index) => fields.has(leftKey(node, JSON.stringify(path.slice(0, index + 1)))));
}

export function typeIn(catalogue: Catalogue, type: string | undefined): NodeType | null {
  return type === undefined ? null : (catalogue.get(type) ?? null);
}

