/** What a condition can ask about, which depends on where it stands. */

import { flowTexts } from "@/texts/flow";

import { isObject, type Json, type JsonObject } from "./drawing";
import { barePath, variableAt } from "./templateText";
import type { Source, Variable } from "./variables";

const words = flowTexts.conditionFields;

export interface FieldsGiven {
  readonly nodeType: string;
  /** `ruleKey` of the field. */
  readonly path: string;
  readonly config: JsonObject;
  readonly sources: readonly Source[];
  /** Of the table that the step is about, with samples where there are rows. */
  readonly columns: readonly Column[];
}

export interface Column {
  readonly name: string;
  readonly sample: Json;
}

export function conditionFields({ nodeType, path, config, sources, columns }: FieldsGiven): readonly Source[] {
  if (path === "retry.retry_if") return [source(words.failure, [["error.code", "timeout"], ["error.message", ""], ["output.status", 503], ["attempt", 1]])];
  if (nodeType === "action-find-records") return [columnSource(words.columns, "", columns)];
  if (nodeType === "trigger-event") {
    const isDelete = config["event_type"] === "DELETE";
    const rows = isDelete
      ? [columnSource(words.deleted, "old.", columns)]
      : [columnSource(words.record, "new.", columns), ...(config["event_type"] === "INSERT" ? [] : [columnSource(words.before, "previous.", columns)])];
    return [...rows, source(words.event, [["changed", columns.slice(0, 1).map((column) => column.name)], ["event", "UPDATE"]])];
  }
  if (nodeType === "logic-wait") {
    const now = columnSource(config["wait_for"] === "reply" ? words.message : words.record, "new.", columns);
    return config["wait_for"] === "change" ? [now, columnSource(words.before, "previous.", columns)] : [now];
  }
  if (nodeType === "transform-filter") return itemFields(config, sources);
  return sources;
}

/** Whether `changed` can be asked: there has to be a row before. */
export function hasBefore(nodeType: string, config: JsonObject): boolean {
  if (nodeType === "trigger-event") return config["event_type"] !== "INSERT" && config["event_type"] !== "DELETE";
  return nodeType === "logic-wait" && config["wait_for"] === "change";
}

/** Of the list that the step goes through: what each of its items has. */
export function itemFields({ items }: JsonObject, sources: readonly Source[]): Source[] {
  const path = typeof items === "string" ? barePath(items) : null;
  const list = path === null ? items : variableAt(sources, path)?.sample;
  const first = Array.isArray(list) ? (list[0] ?? null) : null;
  const inside: [string, Json][] = isObject(first) ? Object.entries(first).map(([name, value]) => [`item.${name}`, value]) : [];
  return [source(words.item, [["item", first], ...inside, ["index", 0]])];
}

function columnSource(title: string, prefix: string, columns: readonly Column[]): Source {
  return source(title, columns.map(({ name, sample }) => [`${prefix}${name}`, sample]));
}

function source(title: string, fields: readonly (readonly [path: string, sample: Json])[]): Source {
  const variables = fields.map(([path, sample]): Variable => ({ path, name: path, sample, children: [] }));
  return { nodeId: null, title, variables };
}
