import { useQuery } from "@tanstack/react-query";

import { OWN_TABLES } from "@/flow/recordTables";
import type { components } from "@/lib/api-types";
import { answer, api } from "@/session/client";

/** Tables of the database's own whose changes start automations. */
export function useWatchedTables(): readonly components["schemas"]["WatchedTable"][] {
  const { data } = useQuery({ queryKey: ["watched-tables"], queryFn: () => answer(api.GET("/api/v1/watched-tables")), staleTime: 60_000 });
  return data?.items ?? [];
}

/** All that steps can write and find in, as flows call them. */
export function useTables(): string[] {
  return [...OWN_TABLES, ...useWatchedTables().map((table) => table.source)];
}
