import { Button, Group, Stack, Text } from "@mantine/core";

import { partsTexts } from "@/texts/parts";

import { Dialog } from "./Dialog";
import { ProblemNotice } from "./ProblemNotice";

export interface ConfirmDialogProps {
  title: string;
  text: string;
  /** What is done, as its button says. */
  action: string;
  isPending: boolean;
  error: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Before what cannot be taken back. */
export function ConfirmDialog({ title, text, action, isPending, error, onConfirm, onClose }: ConfirmDialogProps) {
  return (
    <Dialog onClose={onClose} title={title} centered radius="lg">
      <Stack gap="md">
        <Text size="sm">{text}</Text>
        {error !== null && <ProblemNotice error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {partsTexts.cancel}
          </Button>
          <Button color="red" loading={isPending} onClick={onConfirm}>
            {action}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
