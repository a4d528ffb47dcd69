import { Button, Group, Stack, TextInput } from "@mantine/core";
import { type SyntheticEvent, useEffect, useRef, useState } from "react";

import { automationsTexts } from "@/texts/automations";

import { AgentField, NO_AGENT, useAgentChoice } from "./AgentField";
import type { Wish } from "./CreateDialog";

const texts = automationsTexts.createDialog;

export interface FormProps {
  account: string;
  onCreate: (wish: Wish) => void;
  isCreating: boolean;
  onBack: () => void;
}

export function BlankForm({ account, onCreate, isCreating, onBack }: FormProps) {
  const [name, setName] = useState("");
  const [choice, setChoice] = useState(NO_AGENT);
  const agent = useAgentChoice(account, choice);
  // It comes where a button was that had the focus.
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current?.focus(), []);

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    onCreate({ name: name.trim() || texts.untitled, template: null, parameters: {}, agent });
  }

  return (
    <Stack component="form" onSubmit={submit}>
      <TextInput
        label={texts.name}
        placeholder={texts.namePlaceholder}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        maxLength={200}
        ref={first}
      />
      <AgentField account={account} choice={agent} onChange={setChoice} />
      <Group justify="space-between" mt="sm">
        <Button variant="subtle" color="gray" onClick={onBack}>
          {texts.back}
        </Button>
        <Button type="submit" loading={isCreating}>
          {texts.create}
        </Button>
      </Group>
    </Stack>
  );
}
