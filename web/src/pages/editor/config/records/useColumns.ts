import { useQuery } from "@tanstack/react-query";

import type { Column } from "@/flow/conditionFields";
import type { JsonObject } from "@/flow/drawing";
import { columnsOf } from "@/flow/recordTables";
import { answer, api } from "@/session/client";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { useWatchedTables } from "./useWatchedTables";

/** The columns of a table, with real samples: those of its newest row. */
export function useColumns(table: string | null): Column[] {
  const { account } = useForm();
  const { data } = useQuery({
    queryKey: ["columns", account, table],
    queryFn: () => newest(table, account),
    enabled: table !== null && account !== "",
    staleTime: 300_000,
  });
  const watched = useWatchedTables().find((one) => one.source === table);
  return columnsOf(table, data ?? null, watched?.columns);
}

async function newest(table: string | null, account: string): Promise<JsonObject | null> {
  const params = { params: { query: { account, limit: 1 } } };
  const row = await firstOf(table, params);
  return row === undefined ? null : (row as JsonObject);
}

async function firstOf(table: string | null, params: { params: { query: { account: string; limit: number } } }): Promise<object | undefined> {
  switch (table) {
    case "leads":
      return (await answer(api.GET("/api/v1/leads", params))).items[0];
    case "conversations":
      return (await answer(api.GET("/api/v1/conversations", params))).items[0];
    case "messages":
      return (await answer(api.GET("/api/v1/messages", params))).items[0];
    default:
      return undefined;
  }
}
