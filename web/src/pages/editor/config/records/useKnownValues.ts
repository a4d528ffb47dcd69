import { useQuery } from "@tanstack/react-query";

import type { JsonObject } from "@/flow/drawing";
import { knownValues } from "@/flow/knownValues";
import { useForm } from "@/pages/editor/config/form/FormContext";
import { answer, api } from "@/session/client";

const NEWEST = 100;

/** Says what stands in a column of the newest rows of the account. */
export function useKnownValues(table: string | null): (column: string | null) => string[] {
  const { account } = useForm();
  const { data } = useQuery({
    queryKey: ["known values", account, table],
    queryFn: () => rowsOf(table, account),
    enabled: account !== "" && table !== null,
    staleTime: 60_000,
  });
  return (column) => knownValues(data ?? [], column);
}

async function rowsOf(table: string | null, account: string): Promise<JsonObject[]> {
  const params = { params: { query: { account, limit: NEWEST } } };
  switch (table) {
    case "leads":
      return (await answer(api.GET("/api/v1/leads", params))).items as JsonObject[];
    case "conversations":
      return (await answer(api.GET("/api/v1/conversations", params))).items as JsonObject[];
    default:
      return [];
  }
}
