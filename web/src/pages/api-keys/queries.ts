import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

export type ApiKey = components["schemas"]["ApiKey"];
type NewApiKey = components["schemas"]["NewApiKey"];

export function useApiKeys(account: string, enabled: boolean) {
  const query = useInfiniteQuery({
    queryKey: listKeys.apiKeys(account),
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/api-keys", { params: { query: { account, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled,
  });
  return { ...query, keys: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export function useMakeKey(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Omit<NewApiKey, "account_id">) => answer(api.POST("/api/v1/api-keys", { body: { ...body, account_id: account } })),
    // The key itself stays with the dialog that shows it.
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: listKeys.apiKeys(account) }),
  });
}

export function useRevokeKey(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/v1/api-keys/{key_id}", { params: { path: { key_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: listKeys.apiKeys(account) }),
  });
}
