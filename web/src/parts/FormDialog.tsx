import { Button, Group, Stack } from "@mantine/core";
import type { ReactNode } from "react";

import { partsTexts } from "@/texts/parts";

import { Dialog } from "./Dialog";
import { ProblemNotice } from "./ProblemNotice";

interface FormDialogProps {
  title: string;
  /** What sends it, as its button says. */
  action: string;
  isReady?: boolean;
  sending: { readonly isPending: boolean; readonly error: unknown };
  onSend: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** A few fields that are sent together, or not at all. */
export function FormDialog({ title, action, isReady = true, sending, onSend, onClose, children }: FormDialogProps) {
  // What is under way may bring what is shown once: closed, it would be lost.
  function close(): void {
    if (!sending.isPending) onClose();
  }

  return (
    <Dialog onClose={close} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (isReady) onSend();
        }}
      >
        <Stack gap="md">
          {children}
          {sending.error !== null && <ProblemNotice error={sending.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} disabled={sending.isPending}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={sending.isPending} disabled={!isReady}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
