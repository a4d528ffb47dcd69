import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { notifications } from "@mantine/notifications";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { runsTexts as texts } from "@/texts/runs";

import { askedFor, type Filters } from "./filters";

export type Run = components["schemas"]["ExecutionListItem"];

const PAGE = 50;
const MOST_NAMES = 200;
const MOST_STEPS = 200;

export function useRuns(account: string, filters: Filters) {
  const query = useInfiniteQuery({
    queryKey: [...listKeys.runs(), account, filters],
    queryFn: ({ pageParam }) => {
      const asked = askedFor(filters, Date.now());
      return answer(api.GET("/api/v1/executions", { params: { query: { account, ...asked, limit: PAGE, cursor: pageParam } } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  return { ...query, runs: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export type Names = ReadonlyMap<string, components["schemas"]["AutomationListItem"]>;

/** Of the automations of the account, up to a few hundred: runs have only their ids. */
export function useNames(account: string): Names {
  const { data } = useQuery({
    queryKey: [...queryKeys.automations.list(account), "names"],
    queryFn: async () => {
      const { items } = await answer(api.GET("/api/v1/automations", { params: { query: { account, limit: MOST_NAMES } } }));
      return new Map(items.map((one) => [one.id, one]));
    },
  });
  return data ?? new Map();
}

/** One that is not among those. */
export function useAutomationName(names: Names, id: string) {
  const known = names.get(id);
  const { data } = useQuery({
    queryKey: queryKeys.automations.detail(id),
    queryFn: () => answer(api.GET("/api/v1/automations/{automation_id}", { params: { path: { automation_id: id } } })),
    enabled: known === undefined && names.size >= MOST_NAMES,
    retry: false,
  });
  return known ?? data ?? null;
}

/** While it goes on, what is on record of it; of one that has ended, all. */
export function useSteps({ id, status }: Pick<Run, "id" | "status">) {
  const isOpen = status === "pending" || status === "running";
  return useQuery({
    queryKey: [...queryKeys.automations.executions.detail(id), isOpen],
    queryFn: async (): Promise<readonly unknown[]> => {
      const path = { execution_id: id };
      if (isOpen) {
        return (await answer(api.GET("/api/v1/executions/{execution_id}/steps", { params: { path, query: { limit: MOST_STEPS } } }))).items;
      }
      const run = await answer(api.GET("/api/v1/executions/{execution_id}", { params: { path } }));
      const executed: unknown = run.nodes_executed;
      return Array.isArray(executed) ? (executed as unknown[]) : [];
    },
  });
}

export function useRunActions() {
  const queries = useQueryClient();
  const settled = { onError: notifyProblem, onSettled: () => queries.invalidateQueries({ queryKey: listKeys.runs() }) };
  const retry = useMutation({
    mutationFn: ({ id, from }: { id: string; from: "start" | "failed" }) =>
      answer(api.POST("/api/v1/executions/{execution_id}/retry", { params: { path: { execution_id: id } }, body: { start_from: from } })),
    onSuccess: () => notifications.show({ message: texts.retried }),
    ...settled,
  });
  const cancel = useMutation({
    mutationFn: (id: string) => answer(api.POST("/api/v1/executions/{execution_id}/cancel", { params: { path: { execution_id: id } } })),
    onSuccess: () => notifications.show({ message: texts.cancelled }),
    ...settled,
  });
  return { retry, cancel };
}
