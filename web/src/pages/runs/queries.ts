import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { queryKeys } from "@/lib/query-keys";
import { MOST_NAMES, type Names, useNames } from "@/session/automationNames";
import { answer, api } from "@/session/client";

import { askedFor, type Filters } from "./filters";

export type Run = components["schemas"]["ExecutionListItem"];

const PAGE = 50;

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

export { type Names, useNames };

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
