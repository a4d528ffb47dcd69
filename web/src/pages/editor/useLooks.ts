import { useMutation, useQueryClient } from "@tanstack/react-query";

import { queryKeys } from "@/lib/query-keys";
import { api } from "@/session/client";

import { useFlush } from "./draft/useFlush";
import { cleaned, type Edited, withEdits } from "./looks";

/** Saves what was changed of name, description, icon and colour, on top of what the server has by then. */
export function useLooks(id: string) {
  const flush = useFlush();
  const queries = useQueryClient();
  const params = { path: { automation_id: id } };
  return useMutation({
    mutationFn: async (edited: Edited) => {
      await flush();
      const { data: now, response } = await api.GET("/api/v1/automations/{automation_id}", { params });
      if (now === undefined) return;
      const body = { ...cleaned(withEdits(now, edited)), nodes: now.nodes as { [key: string]: unknown }[], edges: now.edges as { [key: string]: unknown }[] };
      await api.PUT("/api/v1/automations/{automation_id}", { params: { ...params, header: { "If-Match": response.headers.get("ETag") } }, body });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: queryKeys.automations.all }),
  });
}
