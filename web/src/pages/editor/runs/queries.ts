import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";

import { type Drawing, parseDrawing } from "@/flow/drawing";
import type { components } from "@/lib/api-types";
import { queryKeys } from "@/lib/query-keys";
import { answer, api } from "@/session/client";

import { askedFor, type RunFilters } from "./filters";

export type ListedRun = components["schemas"]["ExecutionListItem"];

const PAGE = 40;

export function useRunList(automation: string, filters: RunFilters) {
  const query = useInfiniteQuery({
    queryKey: [...queryKeys.automations.executions.all(automation), "list", filters],
    queryFn: ({ pageParam }) => {
      const asked = askedFor(filters, Date.now());
      return answer(api.GET("/api/v1/executions", { params: { query: { automation_id: automation, ...asked, limit: PAGE, cursor: pageParam } } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  return { ...query, runs: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

/** The flow that a version had; it never changes. */
export function useVersionDrawing(automation: string, number: number | null) {
  return useQuery({
    queryKey: ["version", automation, number],
    queryFn: async (): Promise<Drawing> => {
      const path = { automation_id: automation, number: number ?? 0 };
      const version = await answer(api.GET("/api/v1/automations/{automation_id}/versions/{number}", { params: { path } }));
      return parseDrawing(listOf(version.nodes), listOf(version.edges));
    },
    enabled: number !== null,
    staleTime: Infinity,
    retry: false,
  });
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
