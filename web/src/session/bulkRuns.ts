/** What is done to many runs: those that were selected, or all that match; in pieces, as many as the API takes at once. */

import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import type { components } from "@/lib/api-types";
import { queryKeys } from "@/lib/query-keys";
import type { Deed } from "@/parts/bulk/deeds";
import { notifyProblem } from "@/parts/ProblemNotice";
import { bulkTexts as texts } from "@/texts/bulk";

import { answer, api } from "./client";

export type Where = Omit<Partial<components["schemas"]["RunsWhere"]>, "status">;
export type Which = { readonly ids: readonly string[] } | { readonly where: Where };

export interface Outcome {
  readonly done: number;
  readonly refused: number;
  readonly why: string | null;
}

interface Answered {
  readonly items: readonly { readonly error: { readonly detail: string } | null }[];
  readonly next: string | null;
}

interface Known {
  readonly id: string;
  readonly status: string;
  readonly test_mode: boolean;
}

const PIECE = 100;
const MOST_COUNTED = 200;

/** Of what is listed, what this can be done to. */
export function fitting(runs: readonly Known[], kind: Deed["kind"]): string[] {
  const isOpen = (run: Known) => run.status === "pending" || run.status === "running";
  return runs.filter((run) => (kind === "cancel" ? isOpen(run) : !isOpen(run) && !run.test_mode)).map((run) => run.id);
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

/** What was asked for, how many that is, and to do it once somebody has said yes. */
export function useBulkRuns(onDone: () => void) {
  const [asked, ask] = useState<{ readonly deed: Deed; readonly which: Which } | null>(null);
  const queries = useQueryClient();
  const close = () => ask(null);
  const count = useQuery({
    queryKey: ["bulk", asked],
    queryFn: () => (asked === null ? { count: 0, isMore: false } : counted(asked.which, asked.deed.kind)),
    enabled: asked !== null,
    gcTime: 0,
  });
  const act = useMutation({
    mutationFn: ({ deed, which }: { deed: Deed; which: Which }) => done(deed, which),
    onSuccess({ done, refused, why }, { deed }) {
      notifications.show({ message: texts.done[deed.kind](done) });
      if (refused > 0) notifications.show({ color: "yellow", message: texts.refused(refused, why ?? ""), autoClose: 10_000 });
      close();
      onDone();
    },
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
  return { asked, ask, close, count, isPending: act.isPending, confirm: () => asked !== null && act.mutate(asked) };
}

/** How many it may become; `isMore`: that many and more. */
async function counted(which: Which, kind: Deed["kind"]): Promise<{ count: number; isMore: boolean }> {
  if ("ids" in which) return { count: which.ids.length, isMore: false };
  const { account, automation_id, lead_id, since } = which.where;
  const status = kind === "cancel" ? (["pending", "running"] as const).slice() : (["failed"] as const).slice();
  const query = { account, automation_id, lead_id, since, status, limit: MOST_COUNTED };
  const { items, next } = await answer(api.GET("/api/v1/executions", { params: { query: given(query) } }));
  return { count: fitting(items, kind).length, isMore: next !== null };
}

async function done(deed: Deed, which: Which): Promise<Outcome> {
  let outcome: Outcome = { done: 0, refused: 0, why: null };
  if ("ids" in which) {
    for (const ids of piecesOf(which.ids)) outcome = added(outcome, await sent(deed, { ids, limit: PIECE }));
    return outcome;
  }
  let cursor: string | null = null;
  do {
    const answered: Answered = await sent(deed, { filter: { ...which.where, status: [] }, limit: PIECE, cursor });
    outcome = added(outcome, answered);
    cursor = answered.next;
  } while (cursor !== null);
  return outcome;
}

type Chosen = Pick<components["schemas"]["CancelMany"], "limit"> & Partial<Pick<components["schemas"]["CancelMany"], "ids" | "filter" | "cursor">>;

function sent(deed: Deed, body: Chosen): Promise<Answered> {
  if (deed.kind === "cancel") return answer(api.POST("/api/v1/executions/cancel", { body }));
  return answer(api.POST("/api/v1/executions/retry", { body: { ...body, start_from: deed.from, version: deed.version ?? null } }));
}

function given<T extends object>(query: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined)) as { [K in keyof T]: Exclude<T[K], undefined> };
}
