import { type InfiniteData, keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { queryKeys } from "@/lib/query-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";

import { MOST_BUSY, newestOf } from "./figures";
import { askedFor, type Filters } from "./filters";
import { type Action, afterAction, type AutomationRow, sendAction } from "@/session/automationState";

type Page = components["schemas"]["AutomationPage"];
const PAGE = 50;
const MOST_OPEN = 200;
const DAY = 86_400_000;

/** An order that the server does not have is one of all rows: the other pages are loaded by themselves. */
export function useAutomations(account: string, filters: Filters) {
  const asked = askedFor(filters);
  const query = useInfiniteQuery({
    queryKey: [...queryKeys.automations.list(account), asked],
    queryFn: ({ pageParam }) =>
      answer(api.GET("/api/v1/automations", { params: { query: { account, ...asked, limit: PAGE, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const wantsAll = filters.sort !== "newest";
  useEffect(() => {
    if (wantsAll && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [wantsAll, hasNextPage, isFetchingNextPage, fetchNextPage]);
  return { ...query, rows: query.data?.pages.flatMap((page) => page.items) ?? [], isLoadingAll: wantsAll && hasNextPage };
}

export function useDayOverview(account: string) {
  return useQuery({
    queryKey: [...listKeys.stats(), account],
    queryFn: () => {
      const since = new Date(Date.now() - DAY).toISOString();
      return answer(api.GET("/api/v1/stats", { params: { query: { account, since, busiest: MOST_BUSY } } }));
    },
  });
}

/** Those that work or wait, as many as a page has. */
export function useOpenRuns(account: string) {
  const { data } = useQuery({
    queryKey: [...listKeys.runs(), account, "open"],
    queryFn: () =>
      answer(api.GET("/api/v1/executions", { params: { query: { account, status: ["pending", "running"], test_mode: false, limit: MOST_OPEN } } })),
  });
  return useMemo(() => newestOf(data?.items ?? []), [data]);
}

/** The row changes at once, and back where the server refuses. */
export function useSwitch() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ row, action }: { row: AutomationRow; action: Action }) => sendAction(row.id, action),
    onMutate({ row, action }) {
      const changed = afterAction(row, action);
      queries.setQueriesData<InfiniteData<Page>>({ queryKey: queryKeys.automations.lists() }, (data) => data && withRow(data, changed));
    },
    onError: notifyProblem,
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
}

function withRow(data: InfiniteData<Page>, row: AutomationRow): InfiniteData<Page> {
  const pages = data.pages.map((page) => ({ ...page, items: page.items.map((one) => (one.id === row.id ? row : one)) }));
  return { ...data, pages };
}
