import { Alert, Button, Group, Stack, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";

import { Dialog } from "@/parts/Dialog";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { partsTexts } from "@/texts/parts";
import { versionsTexts } from "@/texts/versions";

import type { Automation } from "@/pages/editor/tabs";
import { useRollBack } from "./queries";
import { addressOf } from "./sides";

const texts = versionsTexts.rollBack;
const LONGEST_NOTE = 1_900;

interface RollBackDialogProps {
  readonly automation: Automation;
  readonly number: number;
  /** The number that it will have. */
  readonly next: number;
  readonly onClose: () => void;
}

/** Says what it does to the list, to runs and to the draft before it does it. */
export function RollBackDialog({ automation, number, next, onClose }: RollBackDialogProps) {
  const [note, setNote] = useState("");
  const navigate = useNavigate();
  const rollBack = useRollBack(automation);

  function confirm(): void {
    const trimmed = note.trim();
    rollBack.mutate(
      { version: number, note: trimmed === "" ? null : trimmed },
      {
        onSuccess({ published_number: now }) {
          notifications.show({ message: texts.done(now ?? next) });
          onClose();
          if (now !== null) void navigate(addressOf(automation.id, now));
        },
      },
    );
  }

  return (
    <Dialog onClose={onClose} title={texts.title(number)} size="lg">
      <Stack gap="md">
        <Text size="sm">{texts.new(number, next)}</Text>
        <Text size="sm">{texts.open}</Text>
        {automation.draft_is_published ? (
          <Text size="sm">{texts.draft}</Text>
        ) : (
          <Alert color="yellow" variant="light" icon={<TriangleAlert size={18} />} radius="md">
            {texts.lost}
          </Alert>
        )}
        <Textarea label={texts.note} description={texts.noteText} maxLength={LONGEST_NOTE} autosize minRows={2} maxRows={6} data-autofocus value={note} onChange={(event) => setNote(event.currentTarget.value)} />
        {rollBack.error !== null && <ProblemNotice error={rollBack.error} />}
        <Group justify="flex-end" gap="sm">
          <Button variant="default" onClick={onClose}>
            {partsTexts.cancel}
          </Button>
          <Button loading={rollBack.isPending} onClick={confirm}>
            {texts.confirm}
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
