import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

export type Secret = components["schemas"]["Secret"];

export function useSecrets(account: string) {
  return useQuery({
    queryKey: listKeys.secrets(account),
    queryFn: () => answer(api.GET("/api/v1/secrets", { params: { query: { account } } })),
  });
}

export function useSetSecret(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ name, value }: { name: string; value: string }) =>
      answer(api.PUT("/api/v1/secrets/{name}", { params: { path: { name }, query: { account } }, body: { value } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: listKeys.secrets(account) }),
  });
}

export function useDeleteSecret(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (name: string) => answer(api.DELETE("/api/v1/secrets/{name}", { params: { path: { name }, query: { account } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: listKeys.secrets(account) }),
  });
}
