import { Button, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { FlaskConical } from "lucide-react";
import { useMemo, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import type { Drawing } from "@/flow/drawing";
import { firstValues, NO_PROBLEMS, problemsIn } from "@/flow/inputForm";
import { Dialog } from "@/parts/Dialog";
import { EmptyState } from "@/parts/EmptyState";
import { partsTexts } from "@/texts/parts";
import { editorTestTexts as texts } from "@/texts/editor-test";

import { useDraft } from "@/pages/editor/draft/useDraft";
import type { Automation } from "@/pages/editor/tabs";
import { useProblems } from "@/pages/editor/problems/useProblems";
import { Given } from "./Given";
import { OutcomeChoices } from "./OutcomeChoices";
import { outcomesOf, pinsOf, stillOffered } from "./outcomes";
import { useChoices, useTested } from "./testRuns";
import { useTest } from "./useTest";
import { bodyOf, type Filled, type Subject, subjectOf } from "./ways";

interface TestDialogProps {
  automation: Automation;
  catalogue: Catalogue;
  onClose: () => void;
}

export function TestDialog({ automation, catalogue, onClose }: TestDialogProps) {
  const drawing = useDraft((draft) => draft.drawing);
  const subject = subjectOf(drawing);
  return (
    <Dialog onClose={onClose} title={texts.title} size="lg" closeButtonProps={{ "aria-label": partsTexts.close }}>
      {subject === null ? (
        <EmptyState icon={FlaskConical} title={texts.noTrigger.title} text={texts.noTrigger.text} />
      ) : (
        <Choose automation={automation} catalogue={catalogue} drawing={drawing} subject={subject} onClose={onClose} />
      )}
    </Dialog>
  );
}

function Choose({ automation, catalogue, drawing, subject, onClose }: TestDialogProps & { drawing: Drawing; subject: Subject }) {
  const before = useTested(automation.id)?.body ?? null;
  const [given, setGiven] = useState<Filled>({
    way: before?.execution_id == null ? (subject.ways[0] ?? "example") : "run",
    event: before?.event_id ?? null,
    run: before?.execution_id ?? null,
    record: before?.lead_id ?? before?.conversation_id ?? before?.row_id ?? null,
    values: { ...firstValues(subject.form?.fields ?? []), ...((before?.input ?? {}) as Filled["values"]) },
  });
  const { samples } = useProblems(automation.id);
  const outcomes = useMemo(() => outcomesOf(drawing, catalogue), [drawing, catalogue]);
  const { chosen: kept, choose } = useChoices();
  const chosen = stillOffered(kept.get(automation.id) ?? {}, outcomes);
  const [isAsked, setAsked] = useState(false);
  const test = useTest(automation);
  const body = bodyOf(subject, given);
  const problems = isAsked ? problemsIn(subject.form?.fields ?? [], given.values) : NO_PROBLEMS;

  function run(): void {
    setAsked(true);
    if (body !== null) test.mutate({ ...body, ...pinsOf(outcomes, chosen, catalogue, samples) }, { onSuccess: onClose });
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        run();
      }}
    >
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {texts.text}
        </Text>
        {subject.ways.length > 1 && (
          <SegmentedControl
            fullWidth
            size="xs"
            aria-label={texts.ways.label}
            value={given.way}
            onChange={(way) => setGiven({ ...given, way })}
            data={subject.ways.map((way) => ({ value: way, label: texts.ways[way] }))}
          />
        )}
        <Given automation={automation} subject={subject} given={given} problems={problems} onChange={setGiven} />
        <OutcomeChoices outcomes={outcomes} chosen={chosen} catalogue={catalogue} onChange={(next) => choose(automation.id, next)} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {partsTexts.cancel}
          </Button>
          <Button type="submit" loading={test.isPending} disabled={body === null && given.way !== "input"}>
            {texts.run}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
