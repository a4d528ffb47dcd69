/** What automations are called: runs and changes have only their ids. */

import { useQuery } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { queryKeys } from "@/lib/query-keys";

import { answer, api } from "./client";

export type Named = components["schemas"]["AutomationListItem"];
export type Names = ReadonlyMap<string, Named>;

export const MOST_NAMES = 200;

/** Of the automations of the account, up to a few hundred. */
export function useNames(account: string): Names {
  const { data } = useQuery({
    queryKey: [...queryKeys.automations.list(account), "names"],
    queryFn: async () => {
      const { items } = await answer(api.GET("/api/v1/automations", { params: { query: { account, limit: MOST_NAMES } } }));
      return new Map(items.map((one) => [one.id, one]));
    },
  });
  return data ?? new Map();
}
