import { Button, Collapse, Drawer, Group, Loader, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ChevronDown, ChevronRight, Workflow } from "lucide-react";
import { Link } from "react-router";

import { placeOf, roundOf, type StepRecord, type StepState } from "@/flow/runRecord";
import { JsonBlock } from "@/parts/JsonBlock";
import { NamedLink } from "@/parts/NamedLink";
import { sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { type Status, StatusBadge } from "@/parts/StatusBadge";
import { duration } from "@/parts/time";
import { TimeAgo } from "@/parts/TimeAgo";
import { useFocusBack } from "@/parts/useFocusBack";
import { aboutOf } from "@/session/runAbout";
import { useRun } from "@/session/runs";
import { partsTexts } from "@/texts/parts";
import { runsTexts } from "@/texts/runs";

import type { Run } from "./queries";
import classes from "./RunDrawer.module.css";

const texts = runsTexts.drawer;
const STATUSES: Readonly<Record<StepState, Status>> = {
  completed: "completed", failed: "failed", running: "running", looping: "running", waiting: "waiting", retrying: "waiting",
  cancelled: "cancelled", skipped: "skipped",
};

/** What a run did, step by step, as it goes on. */
export function RunDrawer({ run, name, onClose }: { run: Run; name: string; onClose: () => void }) {
  useFocusBack();
  const { data, error } = useRun(run.id);
  const steps = data?.records;
  const about = aboutOf(run);
  return (
    <Drawer opened onClose={onClose} position="right" size="lg" title={name} closeButtonProps={{ "aria-label": partsTexts.close }}>
      <Stack gap="lg">
        <Group gap="sm">
          <StatusBadge status={run.waiting ? "waiting" : run.status} />
          <TimeAgo time={run.started_at} />
          {run.duration_ms !== null && <Text size="sm">{duration(run.duration_ms)}</Text>}
          <Button
            component={Link}
            to={`/automations/${run.automation_id}/runs/${run.id}`}
            size="xs"
            variant="default"
            ml="auto"
            leftSection={<Workflow size={15} />}
          >
            {texts.canvas}
          </Button>
        </Group>
        {about !== null && (
          <Group gap={8} wrap="nowrap" fz="sm">
            <Text inherit c="dimmed">
              {texts.about}
            </Text>
            <NamedLink {...about} />
          </Group>
        )}
        {run.error !== null && (
          <Text size="sm" c="var(--mantine-color-red-text)">
            <Prose text={sentence(run.error)} />
          </Text>
        )}
        <Stack gap="xs">
          <Title order={2} size="h4">
            {texts.steps}
          </Title>
          {error !== null && <ProblemNotice error={error} />}
          {steps === undefined && error === null && <Loader aria-label={partsTexts.loading} />}
          {steps?.length === 0 && (
            <Text size="sm" c="dimmed">
              {texts.noSteps}
            </Text>
          )}
          <ol className={classes.steps}>
            {steps?.map((step) => (
              <Step key={placeOf(step)} step={step} />
            ))}
          </ol>
          {(run.status === "running" || run.status === "pending") && (
            <Text size="xs" c="dimmed">
              {texts.more}
            </Text>
          )}
        </Stack>
        {isShown(run.trigger_data) && <JsonBlock title={texts.started} value={run.trigger_data} />}
      </Stack>
    </Drawer>
  );
}

function Step({ step }: { step: StepRecord }) {
  const [isOpen, { toggle }] = useDisclosure(step.error !== null);
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <li className={classes.step}>
      <UnstyledButton onClick={toggle} aria-expanded={isOpen} w="100%">
        <Group gap="sm" wrap="nowrap" justify="space-between">
          <Group gap={8} wrap="nowrap">
            <Chevron size={16} aria-hidden />
            <Text size="sm" fw={550}>
              {roundOf(step) === null ? step.name : texts.round(step.name, roundOf(step) ?? 0)}
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
            <StatusBadge status={STATUSES[step.state]} size="sm" />
          </Group>
        </Group>
      </UnstyledButton>
      <Collapse expanded={isOpen}>
        <Stack gap="sm" pt="sm">
          {step.error !== null && (
            <Text size="sm" c="var(--mantine-color-red-text)">
              <Prose text={sentence(step.error)} />
            </Text>
          )}
          {isShown(step.input) && <JsonBlock title={texts.input} value={step.input} />}
          {isShown(step.output) && <JsonBlock title={texts.output} value={step.output} />}
        </Stack>
      </Collapse>
    </li>
  );
}

function isShown(value: unknown): boolean {
  if (value === null || value === undefined) return false;
  return typeof value !== "object" || Object.keys(value).length > 0;
}
