/** One run with all that is on record of it, and what can be done to runs. */

import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import { leftOut, merged, readRecords, settled, type StepRecord } from "@/flow/runRecord";
import type { components } from "@/lib/api-types";
import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { runsTexts as texts } from "@/texts/runs";

import { answer, answerOf, api } from "./client";

export type Run = components["schemas"]["Execution"];
export type RunStatus = Run["status"];

export interface RunOnRecord {
  readonly run: Run;
  readonly records: readonly StepRecord[];
  /** Steps that the record has no room for. */
  readonly leftOut: number;
}

const PAGE = 200;
/** A loop over ten thousand items has more; nobody reads them one by one. */
const MOST_PAGES = 25;

export function isOpen(status: RunStatus): boolean {
  return status === "pending" || status === "running";
}

/** As it goes on: what changes makes it stale. */
export function useRun(id: string | null) {
  return useQuery({
    queryKey: [...queryKeys.automations.executions.detail(id ?? ""), "record"],
    queryFn: () => runOnRecord(id ?? ""),
    enabled: id !== null,
  });
}

async function runOnRecord(id: string): Promise<RunOnRecord> {
  const run = await answerOf("run", id, () => api.GET("/api/v1/executions/{execution_id}", { params: { path: { execution_id: id } } }));
  const executed: unknown = run.nodes_executed;
  const known: readonly unknown[] = Array.isArray(executed) ? executed : [];
  const atEnd = readRecords(known);
  // What the rounds of loops did is not in the record of its end.
  const isWhole = run.test_mode || (!isOpen(run.status) && !atEnd.some((record) => record.type === "logic-loop"));
  const steps = isWhole ? [] : readRecords(await stepsOf(id));
  return { run, records: settled(merged(steps, atEnd), run.status), leftOut: leftOut(known) };
}

async function stepsOf(id: string): Promise<readonly unknown[]> {
  const steps: unknown[] = [];
  let after: string | undefined;
  for (let page = 0; page < MOST_PAGES; page++) {
    const query = { limit: PAGE, ...(after === undefined ? {} : { after }) };
    const { items } = await answer(api.GET("/api/v1/executions/{execution_id}/steps", { params: { path: { execution_id: id }, query } }));
    steps.push(...items);
    after = items.at(-1)?.key;
    if (items.length < PAGE) break;
  }
  return steps;
}

/** `from`: "start", "failed" or the id of a step. `version`: of another one than goes without saying. */
export function useRunActions() {
  const queries = useQueryClient();
  const refreshed = () => queries.invalidateQueries({ queryKey: queryKeys.automations.all });
  const retry = useMutation({
    mutationFn: ({ id, from, version = null }: { id: string; from: string; version?: number | null }) =>
      answer(api.POST("/api/v1/executions/{execution_id}/retry", { params: { path: { execution_id: id } }, body: { start_from: from, version } })),
    onSuccess: () => notifications.show({ message: texts.retried }),
    onError: notifyProblem,
    onSettled: refreshed,
  });
  const cancel = useMutation({
    mutationFn: (id: string) => answer(api.POST("/api/v1/executions/{execution_id}/cancel", { params: { path: { execution_id: id } } })),
    onSuccess: () => notifications.show({ message: texts.cancelled }),
    onError: notifyProblem,
    onSettled: refreshed,
  });
  return { retry, cancel };
}
