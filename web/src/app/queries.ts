import { QueryClient } from "@tanstack/react-query";

import { ApiError } from "@/lib/api";

const TRIES = 3;

export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What changes is told by the stream; this is for what it may have missed.
        staleTime: 15_000,
        refetchOnWindowFocus: true,
        retry: (count, error) => count < TRIES && (!(error instanceof ApiError) || error.status >= 500 || error.status === 429),
      },
      mutations: { retry: false },
    },
  });
}
