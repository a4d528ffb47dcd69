import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "react-router";

import { listKeys } from "@/lib/list-keys";
import type { Lead } from "@/pages/records/queries";
import { notifyProblem } from "@/parts/ProblemNotice";
import { agentFor, useAgents } from "@/session/agents";
import { answer, api } from "@/session/client";
import { recordsTexts } from "@/texts/records";

/** The channel that a person has without anything being set up. */
const CHANNEL = "chat";

/** With a lead, by its agent or the account's newest one. */
export function useBeginConversation(lead: Lead) {
  const { data: agents } = useAgents(lead.user_id);
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const agent = await agentFor(lead.user_id, lead.agent_id ?? agents?.[0]?.id ?? null, recordsTexts.conversations.agentName);
      return answer(api.POST("/api/v1/conversations", { body: { agent_id: agent, lead_id: lead.id, channel: CHANNEL } }));
    },
    onSuccess: ({ id }) => {
      void queries.invalidateQueries({ queryKey: listKeys.conversations() });
      void navigate(`/conversations/${id}`);
    },
    onError: notifyProblem,
  });
}
