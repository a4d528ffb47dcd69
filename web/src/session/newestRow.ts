import { useQuery } from "@tanstack/react-query";

import type { JsonObject } from "@/flow/drawing";

import { answer, api } from "./client";

const SELDOM = 60_000;

/** Of the account; null: there is none, or it is not known yet. */
export function useNewestRow(table: "leads" | "conversations" | null, account: string): JsonObject | null {
  const { data } = useQuery({
    queryKey: ["newest row", account, table],
    queryFn: async () => {
      const params = { params: { query: { account, limit: 1 } } };
      const { items } = await (table === "leads" ? answer(api.GET("/api/v1/leads", params)) : answer(api.GET("/api/v1/conversations", params)));
      return (items[0] ?? null) as JsonObject | null;
    },
    enabled: account !== "" && table !== null,
    staleTime: SELDOM,
  });
  return data ?? null;
}
