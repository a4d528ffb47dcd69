import { Button, Group, Modal, PasswordInput, Stack, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type SubmitEvent, useState } from "react";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { partsTexts } from "@/texts/parts";
import { secretsTexts } from "@/texts/secrets";

import { problemOfName } from "./names";
import { useSetSecret } from "./queries";

const texts = secretsTexts.form;

interface SecretDialogProps {
  account: string;
  /** Whose value is replaced; null: a new one. */
  replaced: string | null;
  taken: readonly string[];
  onClose: () => void;
}

export function SecretDialog({ account, replaced, taken, onClose }: SecretDialogProps) {
  const [name, setName] = useState(replaced ?? "");
  const [value, setValue] = useState("");
  const saving = useSetSecret(account);
  const problem = replaced === null ? problemOfName(name, taken) : null;

  function save(event: SubmitEvent): void {
    event.preventDefault();
    if (problem !== null || value === "") return;
    saving.mutate(
      { name, value },
      {
        onSuccess: () => {
          notifications.show({ message: texts.saved(name) });
          onClose();
        },
      },
    );
  }

  return (
    <Modal opened onClose={onClose} title={replaced === null ? texts.newTitle : texts.replaceTitle(replaced)} centered radius="lg">
      <form onSubmit={save}>
        <Stack gap="md">
          {replaced === null && (
            <TextInput
              label={texts.name}
              description={texts.nameHint}
              value={name}
              error={name === "" ? null : problem}
              onChange={(event) => setName(event.currentTarget.value)}
              autoComplete="off"
              spellCheck={false}
              required
              data-autofocus
            />
          )}
          <PasswordInput
            label={texts.value}
            description={texts.valueHint}
            value={value}
            onChange={(event) => setValue(event.currentTarget.value)}
            autoComplete="new-password"
            required
            data-autofocus={replaced !== null || undefined}
          />
          {saving.error !== null && <ProblemNotice error={saving.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={saving.isPending} disabled={problem !== null || value === ""}>
              {texts.save}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
