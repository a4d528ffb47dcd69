import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { listKeys } from "@/lib/list-keys";
import { Section } from "@/parts/Section";
import { answer, api } from "@/session/client";
import { settingsTexts } from "@/texts/settings";

import type { Automation } from "@/pages/editor/tabs";

const MOST = 200;

/** Whose it is: it cannot be given to another. */
export function AgentOf({ automation }: { automation: Automation }) {
  const { data } = useQuery({
    queryKey: listKeys.agents(automation.user_id),
    queryFn: async () => (await answer(api.GET("/api/v1/agents", { params: { query: { account: automation.user_id, limit: MOST } } }))).items,
  });
  return (
    <Section title={settingsTexts.agent.title} text={settingsTexts.agent.text}>
      <Text size="sm" fw={550}>
        {data?.find(({ id }) => id === automation.agent_id)?.name ?? automation.agent_id}
      </Text>
    </Section>
  );
}
