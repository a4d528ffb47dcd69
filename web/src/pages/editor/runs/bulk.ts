/** What is done to many runs: those that were selected, or all that match; in pieces, as many as the API takes at once. */

import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { editorRunsTexts } from "@/texts/editor-runs";

import { type RunFilters, sinceOf } from "./filters";
import type { ListedRun } from "./queries";

const texts = editorRunsTexts.bulk;
const PIECE = 100;
const MOST_COUNTED = 200;

export type Deed = { readonly kind: "retry"; readonly from: "start" | "failed" } | { readonly kind: "cancel" };
export type Which = { readonly ids: readonly string[] } | { readonly automation: string; readonly filters: RunFilters };

export interface Outcome {
  readonly done: number;
  readonly refused: number;
  readonly why: string | null;
}

interface Answered {
  readonly items: readonly { readonly error: { readonly detail: string } | null }[];
  readonly next: string | null;
}

/** Of what is listed, what this can be done to. */
export function fitting(runs: readonly ListedRun[], kind: Deed["kind"]): string[] {
  const isOpen = (run: ListedRun) => run.status === "pending" || run.status === "running";
  return runs.filter((run) => (kind === "cancel" ? isOpen(run) : !isOpen(run) && !run.test_mode)).map((run) => run.id);
}

/** How many it may become; `isMore`: that many and more. */
export async function counted(automation: string, filters: RunFilters, kind: Deed["kind"]): Promise<{ count: number; isMore: boolean }> {
  const { since, lead_id } = whereOf(automation, filters);
  const status = kind === "cancel" ? (["pending", "running"] as const).slice() : (["failed"] as const).slice();
  const query = { automation_id: automation, status, since, lead_id, limit: MOST_COUNTED };
  const { items, next } = await answer(api.GET("/api/v1/executions", { params: { query } }));
  return { count: fitting(items, kind).length, isMore: next !== null };
}

function whereOf(automation: string, { span, lead }: RunFilters) {
  return { automation_id: automation, lead_id: lead, since: sinceOf(span, Date.now()) };
}

async function act(deed: Deed, which: Which): Promise<Outcome> {
  let outcome: Outcome = { done: 0, refused: 0, why: null };
  const pieces = "ids" in which ? piecesOf(which.ids).map((ids) => ({ ids: [...ids] })) : [null];
  for (const piece of pieces) {
    let cursor: string | null = null;
    do {
      const chosen: { ids: string[] } | ReturnType<typeof matching> = piece ?? matching(which, cursor);
      const answered: Answered = await sent(deed, chosen);
      outcome = added(outcome, answered);
      cursor = answered.next;
    } while (cursor !== null);
  }
  return outcome;
}

function matching(which: Which, cursor: string | null) {
  const filter = "ids" in which ? {} : whereOf(which.automation, which.filters);
  return { filter: { ...filter, status: [] }, cursor, limit: PIECE };
}

function sent(deed: Deed, chosen: { ids: string[] } | ReturnType<typeof matching>): Promise<Answered> {
  const body = { limit: PIECE, ...chosen };
  if (deed.kind === "cancel") return answer(api.POST("/api/v1/executions/cancel", { body }));
  return answer(api.POST("/api/v1/executions/retry", { body: { ...body, start_from: deed.from } }));
}

export function added(outcome: Outcome, { items }: Pick<Answered, "items">): Outcome {
  const refused = items.flatMap(({ error }) => (error === null ? [] : [error.detail]));
  return {
    done: outcome.done + items.length - refused.length,
    refused: outcome.refused + refused.length,
    why: outcome.why ?? refused[0] ?? null,
  };
}

export function piecesOf<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / PIECE) }, (_, index) => items.slice(index * PIECE, (index + 1) * PIECE));
}

export function useBulk(onDone: () => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ deed, which }: { deed: Deed; which: Which }) => act(deed, which),
    onSuccess({ done, refused, why }, { deed }) {
      notifications.show({ message: texts.done[deed.kind](done) });
      if (refused > 0) notifications.show({ color: "yellow", message: texts.refused(refused, why ?? ""), autoClose: 10_000 });
      onDone();
    },
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
}
