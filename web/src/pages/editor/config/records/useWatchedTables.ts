import { useQuery } from "@tanstack/react-query";

import { OWN_TABLES } from "@/flow/recordTables";
import { answer, api } from "@/session/client";

/** Tables of the database's own whose changes start automations, as flows call them. */
export function useWatchedTables(): string[] {
  const { data } = useQuery({ queryKey: ["watched-tables"], queryFn: () => answer(api.GET("/api/v1/watched-tables")), staleTime: 60_000 });
  return (data?.items ?? []).map((table) => table.source);
}

export function useTables(): string[] {
  return [...OWN_TABLES, ...useWatchedTables()];
}
