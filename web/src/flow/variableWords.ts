/** What a variable is called where people read it: on cards, and in the list to choose from. */

import { flowTexts } from "@/texts/flow";

import { shortField } from "./conditionWords";
import { type Drawing, isTrigger } from "./drawing";
import { barePath } from "./templateText";
import { sourceName } from "./triggerWords";

const words = flowTexts.variables;

export interface Names {
  /** What starts a run: lead, conversation; null: no record, or none that is known. */
  readonly record: string | null;
  /** What steps are called, by id. */
  readonly steps: ReadonlyMap<string, string>;
}

export const NO_NAMES: Names = { record: null, steps: new Map() };

export function namesIn(drawing: Drawing): Names {
  const { event_source: source, record } = drawing.nodes.find(isTrigger)?.config ?? {};
  const about = source ?? record;
  const isRecord = typeof about === "string" && about !== "" && about !== "webhook" && about !== "none";
  return { record: isRecord ? sourceName(about) : null, steps: new Map(drawing.nodes.flatMap(({ id, label }) => (label === null || label === "" ? [] : [[id, label]]))) };
}

export function variableInWords(path: string, { record, steps }: Names): string {
  const row = /^trigger\.(new|old)(?:\.([\w.-]+))?$/.exec(path);
  if (row !== null) {
    const [, which, column] = row;
    const [whole, part] = which === "new" ? [words.record, words.ofRecord] : [words.before, words.ofBefore];
    return column === undefined ? whole(record) : part(record, column.replace(/(.)_id$/, "$1").replace(/_/g, " "));
  }
  const step = /^steps\.([\w-]+)\./.exec(path)?.[1];
  return shortField(path, step === undefined ? undefined : steps.get(step));
}

/** Templates without their braces; `[lead’s name]` within other words. */
export function readable(text: string, names: Names): string {
  const isWhole = barePath(text.trim()) !== null;
  return text
    .replace(/\{\{\s*(.*?)\s*\}\}/g, (_, inner: string) => {
      const said = variableInWords(inner.replace(/\s*\|.*$/, ""), names);
      return isWhole ? said : words.inText(said);
    })
    .trim();
}
