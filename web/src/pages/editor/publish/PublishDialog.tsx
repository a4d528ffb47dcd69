import { Alert, Button, Group, Loader, Stack, Switch, Text, Textarea } from "@mantine/core";
import { CircleAlert, CircleCheck } from "lucide-react";
import { useMemo, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { EMPTY_DRAWING } from "@/flow/drawing";
import { differencesOf } from "@/flow/diffWords";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { ProblemItem } from "@/pages/editor/problems/ProblemItem";
import classes from "@/pages/editor/problems/problems.module.css";
import { type Checked, useProblems } from "@/pages/editor/problems/useProblems";
import { useVersionDrawing } from "@/pages/editor/runs/queries";
import type { Automation } from "@/pages/editor/tabs";
import { Dialog } from "@/parts/Dialog";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { draftTexts } from "@/texts/draft";
import { partsTexts } from "@/texts/parts";
import { problemsTexts } from "@/texts/problems";

import { DifferenceLines } from "./DifferenceLines";
import { usePublish } from "./usePublish";

const texts = draftTexts.publish;
const MOST_LETTERS = 2_000;

interface PublishDialogProps {
  readonly automation: Automation;
  readonly catalogue: Catalogue;
  readonly onClose: () => void;
}

export function PublishDialog({ automation, catalogue, onClose }: PublishDialogProps) {
  const checked = useProblems(automation.id);
  const [note, setNote] = useState("");
  const [switchOn, setSwitchOn] = useState(true);
  const { mutate, isPending, error } = usePublish(automation, onClose);
  const isBlocked = checked.isEmpty || checked.problems.length > 0;
  return (
    <Dialog onClose={onClose} title={texts.title} size="lg">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          mutate({ note, switchOn });
        }}
      >
        <Stack gap="md">
          <Checks checked={checked} catalogue={catalogue} onJump={onClose} />
          <Changes automation={automation} catalogue={catalogue} />
          <Textarea label={texts.note} placeholder={texts.notePlaceholder} maxLength={MOST_LETTERS} autosize minRows={2} maxRows={6} value={note} onChange={(event) => setNote(event.currentTarget.value)} data-autofocus />
          {!automation.enabled && <Switch label={texts.on} description={texts.onHelp} checked={switchOn} onChange={(event) => setSwitchOn(event.currentTarget.checked)} />}
          <Text size="xs" c="dimmed">
            {texts.effect}
          </Text>
          {error !== null && <ProblemNotice error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={isPending} disabled={isBlocked}>
              {texts.button}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Checks({ checked, catalogue, onJump }: { checked: Checked; catalogue: Catalogue; onJump: () => void }) {
  const { problems, warnings, isCurrent, isUnknown, isEmpty } = checked;
  if (isEmpty) return <Text size="sm">{texts.empty}</Text>;
  if (isUnknown) return <Text size="sm">{problemsTexts.unchecked}</Text>;
  const [told, color, title] = problems.length > 0 ? [problems, "red", texts.wrong(problems.length)] : [warnings, "yellow", texts.doubtful(warnings.length)];
  if (told.length > 0) {
    return (
      <Alert color={color} variant="light" icon={<CircleAlert size={18} />} title={title}>
        <ul className={classes.items} aria-label={problemsTexts.title}>
          {told.map((problem, index) => (
            <ProblemItem key={index} problem={problem} catalogue={catalogue} onJump={onJump} />
          ))}
        </ul>
      </Alert>
    );
  }
  return (
    <Group gap={8} role="status">
      {isCurrent ? <CircleCheck size={17} color="var(--mantine-color-teal-6)" aria-hidden /> : <Loader size="xs" />}
      <Text size="sm">{isCurrent ? texts.fine : texts.checking}</Text>
    </Group>
  );
}

function Changes({ automation, catalogue }: { automation: Automation; catalogue: Catalogue }) {
  const drawing = useDraft((draft) => draft.drawing);
  const { data: published = automation.published_number === null ? EMPTY_DRAWING : null } = useVersionDrawing(automation.id, automation.published_number);
  const differences = useMemo(() => (published === null ? null : differencesOf(published, drawing, catalogue)), [published, drawing, catalogue]);
  if (automation.published_number === null) return <Text size="sm">{texts.first}</Text>;
  return differences === null ? <Loader size="xs" /> : <DifferenceLines differences={differences} same={texts.nothing} />;
}
