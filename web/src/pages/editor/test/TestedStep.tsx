import { Alert, Anchor, Collapse, Group, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";

import { JsonBlock } from "@/parts/JsonBlock";
import { sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { duration } from "@/parts/time";
import { editorTestTexts } from "@/texts/editor-test";

import { MarkBadge } from "@/pages/editor/canvas/MarkBadge";
import { toneOf } from "@/pages/editor/runs/runMarks";
import classes from "./test.module.css";
import { useTested } from "./testRuns";

const texts = editorTestTexts.step;

/** Above the form of a step: how it went in the last test, and what it was given. */
export function TestedStep({ automation, nodeId }: { automation: string; nodeId: string }) {
  const tested = useTested(automation);
  const [isOpen, { toggle }] = useDisclosure(false);
  const record = tested?.records.get(nodeId);
  if (tested === null) return null;
  if (record === undefined || record.state === "skipped") {
    return (
      <Text size="xs" c="dimmed" className={classes.tested}>
        {texts.notReached}
      </Text>
    );
  }
  const took = record.milliseconds === null ? {} : { text: duration(record.milliseconds) };
  return (
    <Stack gap={8} className={classes.tested}>
      <Group justify="space-between" wrap="nowrap">
        <Text size="xs" fw={600}>
          {texts.title}
        </Text>
        <Group gap="sm" wrap="nowrap">
          {record.input !== null && (
            <Anchor component="button" type="button" size="xs" onClick={toggle} aria-expanded={isOpen}>
              {isOpen ? texts.hide : texts.show}
            </Anchor>
          )}
          <MarkBadge mark={{ tone: toneOf(record.state), ...took }} inline />
        </Group>
      </Group>
      {record.error !== null && (
        <Alert color="red" variant="light" radius="md" p="xs">
          <Prose text={sentence(record.error)} />
        </Alert>
      )}
      <Collapse expanded={isOpen}>
        <JsonBlock title={texts.input} value={record.input} />
      </Collapse>
    </Stack>
  );
}
