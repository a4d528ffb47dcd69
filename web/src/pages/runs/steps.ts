/** Steps of a run as they are shown; their records are the engine's. */

import { isObject } from "@/flow/drawing";

export type StepStatus = "completed" | "failed" | "running" | "cancelled" | "skipped" | "pending";

export interface ShownStep {
  readonly key: string;
  readonly name: string;
  readonly type: string | null;
  readonly status: StepStatus;
  readonly milliseconds: number | null;
  readonly attempt: number;
  readonly error: string | null;
  readonly input: unknown;
  readonly output: unknown;
}

const STATUSES: { readonly [status: string]: StepStatus } = {
  completed: "completed",
  failed: "failed",
  running: "running",
  started: "running",
  waiting: "pending",
  retrying: "pending",
  cancelled: "cancelled",
  skipped: "skipped",
};

export function shownStep(given: unknown, index: number): ShownStep {
  const record = isObject(given) ? given : {};
  const name = text(record["label"]) ?? text(record["node_id"]) ?? "";
  return {
    key: text(record["key"]) ?? `${index}`,
    name,
    type: text(record["type"]),
    status: STATUSES[text(record["status"]) ?? ""] ?? "pending",
    milliseconds: typeof record["duration_ms"] === "number" ? record["duration_ms"] : null,
    attempt: typeof record["attempt"] === "number" ? record["attempt"] : 1,
    error: errorText(record["error"]),
    input: record["input"],
    output: record["output"],
  };
}

export function isShown(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}

function text(value: unknown): string | null {
  return typeof value === "string" && value !== "" ? value : null;
}

function errorText(value: unknown): string | null {
  if (typeof value === "object" && value !== null && "message" in value) return text(value.message);
  return text(value);
}
