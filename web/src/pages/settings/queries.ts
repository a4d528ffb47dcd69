import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

import { type Changes, takenBack, withChanges } from "./fields";
import { DAYS } from "./usage";

type Settings = components["schemas"]["AccountSettings"];

export function useSettings(account: string) {
  return useQuery({
    queryKey: listKeys.settings(account),
    queryFn: () => answer(api.GET("/api/v1/account/settings", { params: { query: { account } } })),
  });
}

/** They change at once, and back where the server refuses. */
export function useChangeSettings(account: string) {
  const queries = useQueryClient();
  const queryKey = listKeys.settings(account);
  const change = (to: (now: Settings) => Settings) => queries.setQueryData<Settings>(queryKey, (now) => now && to(now));
  return useMutation({
    mutationFn: (changes: Changes) => answer(api.PATCH("/api/v1/account/settings", { params: { query: { account } }, body: changes })),
    async onMutate(changes) {
      await queries.cancelQueries({ queryKey });
      const before = queries.getQueryData<Settings>(queryKey);
      change(({ items }) => ({ items: withChanges(items, changes) }));
      return before;
    },
    onError: (_error, changes, before) => void change(({ items }) => ({ items: takenBack(items, before?.items ?? [], changes) })),
    onSuccess: (settings) => queries.setQueryData(queryKey, settings),
    // What may be used in a day is one of them.
    onSettled: () => queries.invalidateQueries({ queryKey: listKeys.aiUsage(account) }),
  });
}

/** Of the caller, who is known by it in all accounts. */
export function useSetProfile() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: components["schemas"]["Profile"]) => answer(api.PUT("/api/v1/people/me", { body })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["people"] }),
  });
}

export function useAiUsage(account: string) {
  return useQuery({
    queryKey: listKeys.aiUsage(account),
    queryFn: () => answer(api.GET("/api/v1/account/ai-usage", { params: { query: { account, days: DAYS } } })),
  });
}

export function useSecretNames(account: string): string[] {
  const { data } = useQuery({
    queryKey: listKeys.secrets(account),
    queryFn: () => answer(api.GET("/api/v1/secrets", { params: { query: { account } } })),
  });
  return data?.items.map(({ name }) => name) ?? [];
}
