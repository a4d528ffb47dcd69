import { ActionIcon, Anchor, Button, Group, Text, Tooltip } from "@mantine/core";
import { CircleCheck, CircleX, RotateCcw, X } from "lucide-react";
import { Link } from "react-router";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { nodeOf } from "@/flow/drawing";
import { inLetters, sentence } from "@/parts/problem";
import { duration } from "@/parts/time";
import { editorTestTexts } from "@/texts/editor-test";

import { useDraft } from "@/pages/editor/draft/useDraft";
import type { Automation } from "@/pages/editor/tabs";
import classes from "./test.module.css";
import { againWith, stepsRun, type Tested, useTested, useTests } from "./testRuns";
import { useTest } from "./useTest";

const texts = editorTestTexts.result;

/** Over the canvas, after a test: how it went, and once more. */
export function TestResult({ automation, catalogue }: { automation: Automation; catalogue: Catalogue }) {
  const tested = useTested(automation.id);
  return tested === null ? null : <Result automation={automation} catalogue={catalogue} tested={tested} />;
}

function Result({ automation, catalogue, tested }: { automation: Automation; catalogue: Catalogue; tested: Tested }) {
  const { drawing, select } = useDraft((draft) => draft);
  const test = useTest(automation);
  const { run } = tested.onRecord;
  const isFailed = run.status === "failed";
  const node = run.error_node_id === null ? null : nodeOf(drawing, run.error_node_id);
  const title = isFailed ? (node === null ? texts.failed : texts.failedAt(titleOf(node, catalogue))) : run.status === "cancelled" ? texts.cancelled : texts.completed;
  return (
    <section className={classes.result} aria-label={texts.label}>
      <Group justify="space-between" gap="md" wrap="nowrap" role="status">
        <Group gap={8} wrap="nowrap" miw={0}>
          {isFailed ? <CircleX size={18} color="var(--mantine-color-red-text)" aria-hidden /> : <CircleCheck size={18} color="var(--mantine-color-teal-text)" aria-hidden />}
          <div>
            <Text size="sm" fw={600} lineClamp={1}>
              {title}
            </Text>
            <Text size="xs" c={isFailed && node === null ? "var(--mantine-color-red-text)" : "dimmed"} lineClamp={2}>
              {isFailed && node === null
                ? inLetters(sentence(run.error ?? ""))
                : [texts.steps(...stepsRun(tested)), texts.took(duration(run.duration_ms ?? 0)), ...(tested.drawing === drawing ? [] : [texts.changed])].join(" · ")}
            </Text>
          </div>
        </Group>
        <Group gap="sm" wrap="nowrap">
          {node !== null && (
            <Anchor component="button" type="button" size="xs" className={classes.link} onClick={() => select([node.id])}>
              {texts.show}
            </Anchor>
          )}
          <Anchor component={Link} to={`/automations/${automation.id}/runs/${run.id}`} size="xs" className={classes.link}>
            {texts.open}
          </Anchor>
          <Button size="compact-xs" variant="light" className={classes.link} leftSection={<RotateCcw size={13} />} loading={test.isPending} onClick={() => test.mutate(againWith(tested.body, drawing))}>
            {editorTestTexts.again}
          </Button>
          <Tooltip label={texts.clear} openDelay={300}>
            <ActionIcon variant="subtle" color="gray" aria-label={texts.clear} onClick={() => useTests.getState().keep(automation.id, null)}>
              <X size={16} />
            </ActionIcon>
          </Tooltip>
        </Group>
      </Group>
    </section>
  );
}
