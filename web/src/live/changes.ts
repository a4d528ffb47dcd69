/** What a live event makes stale in the query cache. */

import type { QueryKey } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { listKeys } from "@/lib/list-keys";

export interface Change {
  readonly kind: "execution" | "step" | "automation" | "approval";
  readonly id: string;
  readonly account_id: string;
  readonly automation_id: string | null;
  readonly execution_id: string | null;
  readonly status: string;
}

/** Null for what this release does not know. */
export function readChange(data: string): Change | null {
  try {
    const value = JSON.parse(data) as Partial<Change>;
    return typeof value.kind === "string" && typeof value.id === "string" ? (value as Change) : null;
  } catch {
    return null;
  }
}

export function staleAfter(change: Change): QueryKey[] {
  const automation = change.automation_id;
  switch (change.kind) {
    case "automation":
      return [queryKeys.automations.lists(), listKeys.stats(), queryKeys.automations.detail(automation ?? change.id)];
    case "execution":
      return [
        // Its row says when it last ran, and how that went.
        queryKeys.automations.lists(),
        listKeys.runs(),
        listKeys.stats(),
        listKeys.records(),
        queryKeys.automations.executions.detail(change.id),
        ...(automation === null ? [] : [queryKeys.automations.executions.all(automation)]),
      ];
    case "step":
      return change.execution_id === null ? [] : [queryKeys.automations.executions.detail(change.execution_id)];
    case "approval":
      return [listKeys.approvals()];
    default:
      return [];
  }
}

/** Each key once, however many changes came together. */
export function distinct(keys: readonly QueryKey[]): QueryKey[] {
  return [...new Map(keys.map((key) => [JSON.stringify(key), key])).values()];
}
