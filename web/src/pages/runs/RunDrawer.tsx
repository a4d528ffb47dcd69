import { Collapse, Drawer, Group, Loader, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ChevronDown, ChevronRight } from "lucide-react";

import { Prose } from "@/parts/Prose";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { StatusBadge } from "@/parts/StatusBadge";
import { duration } from "@/parts/time";
import { TimeAgo } from "@/parts/TimeAgo";
import { commonTexts } from "@/texts/common";
import { runsTexts } from "@/texts/runs";

import { type Run, useSteps } from "./queries";
import classes from "./RunTable.module.css";
import { isShown, type ShownStep, shownStep } from "./steps";

const texts = runsTexts.drawer;

/** What a run did, step by step, as it goes on. */
export function RunDrawer({ run, name, onClose }: { run: Run; name: string; onClose: () => void }) {
  const { data: steps, error } = useSteps(run);
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={name} closeButtonProps={{ "aria-label": commonTexts.close }}>
      <Stack gap="lg">
        <Group gap="sm">
          <StatusBadge status={run.status} />
          <TimeAgo time={run.started_at} />
          {run.duration_ms !== null && <Text size="sm">{duration(run.duration_ms)}</Text>}
        </Group>
        {run.error !== null && (
          <Text size="sm" c="var(--mantine-color-red-text)">
            <Prose text={run.error} />
          </Text>
        )}
        <Stack gap="xs">
          <Title order={2} size="h4">
            {texts.steps}
          </Title>
          {error !== null && <ProblemNotice error={error} />}
          {steps === undefined && error === null && <Loader aria-label={commonTexts.loading} />}
          {steps?.length === 0 && (
            <Text size="sm" c="dimmed">
              {texts.noSteps}
            </Text>
          )}
          <ol className={classes.steps}>
            {steps?.map(shownStep).map((step, index) => (
              <Step key={`${step.key}-${index}`} step={step} />
            ))}
          </ol>
          {(run.status === "running" || run.status === "pending") && (
            <Text size="xs" c="dimmed">
              {texts.more}
            </Text>
          )}
        </Stack>
        {isShown(run.trigger_data) && <Value title={texts.started} value={run.trigger_data} />}
      </Stack>
    </Drawer>
  );
}

function Step({ step }: { step: ShownStep }) {
  const [isOpen, { toggle }] = useDisclosure(step.error !== null);
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className={classes.step}>
      <UnstyledButton onClick={toggle} aria-expanded={isOpen} w="100%">
        <Group gap="sm" wrap="nowrap" justify="space-between">
          <Group gap={8} wrap="nowrap">
            <Chevron size={16} aria-hidden />
            <Text size="sm" fw={550}>
              {step.name}
            </Text>
            {step.attempt > 1 && (
              <Text size="xs" c="dimmed">
                {texts.attempt(step.attempt)}
              </Text>
            )}
          </Group>
          <Group gap="sm" wrap="nowrap">
            {step.milliseconds !== null && (
              <Text size="xs" c="dimmed" className="number">
                {duration(step.milliseconds)}
              </Text>
            )}
            <StatusBadge status={step.status} size="sm" />
          </Group>
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <Stack gap="sm" pt="sm">
          {step.error !== null && (
            <Text size="sm" c="var(--mantine-color-red-text)">
              <Prose text={step.error} />
            </Text>
          )}
          {isShown(step.input) && <Value title={texts.input} value={step.input} />}
          {isShown(step.output) && <Value title={texts.output} value={step.output} />}
        </Stack>
      </Collapse>
    </li>
  );
}

function Value({ title, value }: { title: string; value: unknown }) {
  return (
    <Stack gap={4}>
      <Text size="xs" c="dimmed" fw={550}>
        {title}
      </Text>
      {/* It scrolls, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.json} tabIndex={0}>
        {JSON.stringify(value, null, 2)}
      </pre>
    </Stack>
  );
}
