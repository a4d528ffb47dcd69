import { QueryClient, useQuery } from "@tanstack/react-query";

import { ApiError } from "@/lib/api";
import { listKeys } from "@/lib/list-keys";
import { Obstacle } from "@/parts/problem";
import { answer, api } from "@/session/client";

const TRIES = 3;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What changes is told by the stream; this is for what it may have missed.
        staleTime: 15_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < TRIES && !(error instanceof Obstacle) && (!(error instanceof ApiError) || error.status >= 500 || error.status === 429),
      },
      // What a person does is done now, or they are told: not behind their back once the connection is there again.
      mutations: { retry: false, networkMode: "always" },
    },
  });
}

/** From here on nobody counts: it would take another page. */
export const MOST_COUNTED = 10;

export function useOpenApprovals(account: string | null): number {
  const { data } = useQuery({
    queryKey: [...listKeys.approvals(), account, "count"],
    queryFn: () => answer(api.GET("/api/v1/approvals", { params: { query: { account, which: "open", limit: MOST_COUNTED } } })),
    enabled: account !== null,
  });
  return data?.items.length ?? 0;
}
