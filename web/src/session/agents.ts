import { useQuery } from "@tanstack/react-query";

import { listKeys } from "@/lib/list-keys";
import { answer, api } from "./client";

const MOST = 200;

/** The agents to which automations can belong, the newest first. */
export function useAgents(account: string) {
  return useQuery({
    queryKey: listKeys.agents(account),
    queryFn: async () => (await answer(api.GET("/api/v1/agents", { params: { query: { account, limit: MOST } } }))).items,
  });
}

/** The chosen one; where the account has none yet, a new one of that name. */
export async function agentFor(account: string, chosen: string | null, newName: string): Promise<string> {
  if (chosen !== null) return chosen;
  const made = await answer(api.POST("/api/v1/agents", { body: { user_id: account, name: newName } }));
  return made.id;
}
