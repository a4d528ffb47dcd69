import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import type { JsonObject } from "@/flow/drawing";
import { listKeys } from "@/lib/list-keys";
import { queryKeys } from "@/lib/query-keys";
import { answer, api } from "@/session/client";

import { readTool } from "./tools";

export function useTools(account: string) {
  const query = useInfiniteQuery({
    queryKey: listKeys.tools(account),
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/tools", { params: { query: { account, format: "mcp", cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const tools = (query.data?.pages ?? []).flatMap((page) => page.items.map(readTool)).filter((tool) => tool !== null);
  return { ...query, tools };
}

export function useCallTool(account: string, name: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (given: JsonObject) =>
      answer(api.POST("/api/v1/tools/{name}/call", { params: { path: { name }, query: { account } }, body: { arguments: given, timeout_seconds: 30 } })),
    onSettled: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
}
