import { notifications } from "@mantine/notifications";

import { ConfirmDialog } from "@/parts/ConfirmDialog";
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
    <ConfirmDialog
      title={texts.title(secret.name)}
      text={count === 0 ? texts.unused : texts.used(count)}
      action={secretsTexts.remove}
      isPending={deleting.isPending}
      error={deleting.error}
      onConfirm={remove}
      onClose={onClose}
    />
  );
}
