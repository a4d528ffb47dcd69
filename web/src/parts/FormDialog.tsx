import { Button, Group, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";

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
  // `isPending` comes a moment after it was sent, and a key may be pressed before.
  const [isSent, setSent] = useState(false);
  const isUnderWay = sending.isPending || (isSent && sending.error === null);

  /** What is under way may bring what is shown once: closed, it would be lost. */
  function close(): void {
    if (!isUnderWay) onClose();
  }

  return (
    <Dialog onClose={close} title={title}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (!isReady || isUnderWay) return;
          setSent(true);
          onSend();
        }}
      >
        <Stack gap="md">
          {children}
          {sending.error !== null && <ProblemNotice error={sending.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close} disabled={isUnderWay}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={isUnderWay} disabled={!isReady}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}
