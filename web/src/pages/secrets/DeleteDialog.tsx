import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { commonTexts } from "@/texts/common";
import { secretsTexts } from "@/texts/secrets";

import { type Secret, useDeleteSecret } from "./queries";

const texts = secretsTexts.deleting;

export function DeleteDialog({ account, secret, onClose }: { account: string; secret: Secret; onClose: () => void }) {
  const deleting = useDeleteSecret(account);
  const count = secret.automations.length;

  function remove(): void {
    deleting.mutate(secret.name, {
      onSuccess: () => {
        notifications.show({ message: texts.done(secret.name) });
        onClose();
      },
    });
  }

  return (
    <Modal opened onClose={onClose} title={texts.title(secret.name)} centered radius="lg">
      <Stack gap="md">
        <Text size="sm">{count === 0 ? texts.unused : texts.used(count)}</Text>
        {deleting.error !== null && <ProblemNotice error={deleting.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {commonTexts.cancel}
          </Button>
          <Button color="red" loading={deleting.isPending} onClick={remove}>
            {secretsTexts.remove}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
