/** What keeps a drawing from being published, by step and field. */

import type { components } from "@/lib/api-types";
import type { FieldProblem } from "@/pages/editor/config/ConfigPanel";

export type FlowProblem = components["schemas"]["FlowProblem"];
type Path = FieldProblem["path"];

const SETTINGS = "data.";
const CONFIG = "config.";

/** `cases.0.id`, `data.config.cases.0.id` and `data.retry.attempts` as the panel has them. */
export function pathOf(field: string | null): Path {
  if (field === null || field === "" || field === "id" || field === "type" || field === "data") return [];
  const inData = field.startsWith(SETTINGS) ? field.slice(SETTINGS.length) : field;
  const bare = inData === "config" ? "" : inData.startsWith(CONFIG) ? inData.slice(CONFIG.length) : inData;
  return bare === "" ? [] : bare.split(".").map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

export function fieldProblemsOf(problems: readonly FlowProblem[], nodeId: string, warnings: readonly FlowProblem[] = []): FieldProblem[] {
  const told = (all: readonly FlowProblem[], isError: boolean) =>
    all.filter((one) => one.node_id === nodeId).map((one) => ({ path: pathOf(one.field), message: `${bareMessage(one)}. ${one.hint}`, isError }));
  return [...told(problems, true), ...told(warnings, false)];
}

/** Without the field before it, where that is plain to see. */
export function bareMessage({ message, field }: FlowProblem): string {
  return field !== null && message.startsWith(`${field}: `) ? message.slice(field.length + 2) : message;
}

export function problemCounts(problems: readonly FlowProblem[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { node_id: id } of problems) if (id !== null) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}
