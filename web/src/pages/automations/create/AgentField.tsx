import { Select, TextInput } from "@mantine/core";

import { automationsTexts } from "@/texts/automations";

import { useAgents } from "@/session/agents";

const texts = automationsTexts.createDialog;

/** `id` null: a new one, for an account that has none. */
export interface AgentChoice {
  readonly id: string | null;
  readonly newName: string;
}

export const NO_AGENT: AgentChoice = { id: null, newName: texts.newAgentDefault };

/** What is sent: the choice, else the first. */
export function useAgentChoice(account: string, choice: AgentChoice): AgentChoice {
  const { data: agents } = useAgents(account);
  return choice.id === null && agents?.[0] !== undefined ? { ...choice, id: agents[0].id } : choice;
}

interface AgentFieldProps {
  account: string;
  choice: AgentChoice;
  onChange: (choice: AgentChoice) => void;
}

/** With one agent there is nothing to ask. */
export function AgentField({ account, choice, onChange }: AgentFieldProps) {
  const { data: agents } = useAgents(account);
  if (agents === undefined || agents.length === 1) return null;
  if (agents.length === 0) {
    return (
      <TextInput
        label={texts.newAgent}
        description={texts.agentText}
        value={choice.newName}
        onChange={(event) => onChange({ id: null, newName: event.currentTarget.value })}
        required
      />
    );
  }
  return (
    <Select
      label={texts.agent}
      description={texts.agentText}
      data={agents.map((agent) => ({ value: agent.id, label: agent.name ?? agent.id }))}
      value={choice.id}
      onChange={(id) => onChange({ ...choice, id })}
      allowDeselect={false}
      searchable
    />
  );
}
