import { ActionIcon, Alert, Anchor, Button, Group, ScrollArea, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { CornerDownRight, Send, X } from "lucide-react";
import { Link } from "react-router";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { type FlowNode, isTrigger } from "@/flow/drawing";
import { awaitedBy, type StepRecord } from "@/flow/runRecord";
import { JsonBlock } from "@/parts/JsonBlock";
import { notifyProblem } from "@/parts/ProblemNotice";
import { sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { useMayChange } from "@/session/accounts";
import { answer, api } from "@/session/client";
import { isOpen, type Run } from "@/session/runs";
import { editorRunsTexts } from "@/texts/editor-runs";

import { MarkBadge } from "@/pages/editor/canvas/MarkBadge";
import { GoOn } from "./AgainButtons";
import { calledRun, printedBy } from "./calls";
import { type Shown, toneOf } from "./runMarks";
import { classes } from "./classes";
import { StepFacts } from "./StepFacts";
import { approvalPath, signalName } from "./waitWords";

const texts = editorRunsTexts.step;
const { actions } = editorRunsTexts;

interface StepPanelProps {
  node: FlowNode;
  catalogue: Catalogue;
  run: Run;
  /** The number of the version that is published now. */
  published: number | null;
  shown: Shown;
  onClose: () => void;
}

/** What one step was given, answered, and how it went. */
export function StepPanel({ node, catalogue, run, published, shown, onClose }: StepPanelProps) {
  const record = shown.records.get(node.id) ?? null;
  const name = titleOf(node, catalogue);
  const kind = catalogue.get(node.type)?.title ?? node.type;
  return (
    <aside className={classes.panel} aria-label={texts.label(name)}>
      <ScrollArea h="100%" type="auto">
        <Stack gap="md" p="md">
          <Group justify="space-between" wrap="nowrap" align="flex-start">
            <div>
              <Title order={2} size="h5">
                {name}
              </Title>
              {kind !== name && (
                <Text size="xs" c="dimmed">
                  {kind}
                </Text>
              )}
            </div>
            <ActionIcon variant="subtle" color="gray" onClick={onClose} aria-label={texts.close}>
              <X size={16} />
            </ActionIcon>
          </Group>
          {record === null ? <NoRecord node={node} run={run} shown={shown} /> : <OnRecord node={node} record={record} run={run} />}
          <FromHere node={node} run={run} published={published} isInLoop={record !== null && record.scope !== ""} hasRun={record !== null && record.state !== "skipped"} />
        </Stack>
      </ScrollArea>
    </aside>
  );
}

function NoRecord({ node, run, shown }: { node: FlowNode; run: Run; shown: Shown }) {
  if (isTrigger(node)) return <JsonBlock title={texts.output} value={run.trigger_data} />;
  return (
    <Text size="sm" c="dimmed">
      {shown.isOpen ? `${texts.notYet} ${texts.onlyAtEnd}` : texts.notReached}
    </Text>
  );
}

function OnRecord({ node, record, run }: { node: FlowNode; record: StepRecord; run: Run }) {
  const called = calledRun(record);
  const awaited = awaitedBy(record);
  const printed = printedBy(record);
  return (
    <>
      <Group gap="xs">
        <MarkBadge mark={{ tone: toneOf(record.state) }} inline />
      </Group>
      {record.error !== null && !isToldAbove(run, record) && (
        <Alert color="red" variant="light" radius="md" p="sm">
          <Prose text={sentence(record.error)} />
          {record.state === "failed" && record.handle === null && (
            <Text size="xs" mt={6}>
              {texts.failedHint}
            </Text>
          )}
        </Alert>
      )}
      {record.answeredBy !== null && (
        <Text size="xs" c="dimmed">
          {texts[record.answeredBy]}
        </Text>
      )}
      <StepFacts node={node} record={record} />
      {called !== null && (
        <Anchor component={Link} to={`/automations/${called.automation}/runs/${called.run}`} size="sm">
          <Group gap={6}>
            <CornerDownRight size={14} aria-hidden />
            {texts.subRun}
          </Group>
        </Anchor>
      )}
      {awaited !== null && isOpen(run.status) && <Resume run={run} signal={awaited.signal} />}
      {isThere(record.input) && <JsonBlock title={texts.input} value={record.input} />}
      {awaited === null && isThere(record.output) && <JsonBlock title={texts.output} value={record.output} />}
      {printed !== null && <JsonBlock title={texts.logs} value={printed} />}
    </>
  );
}

/** The notice over the canvas says why the run failed. */
function isToldAbove(run: Run, record: StepRecord): boolean {
  return run.status === "failed" && run.error_node_id === record.nodeId && run.error === record.error;
}

/** A signal is sent from here, an approval is given on its page; time goes by itself. */
function Resume({ run, signal }: { run: Run; signal: string | null }) {
  const mayChange = useMayChange();
  const name = signalName(signal);
  const send = useMutation({
    mutationFn: () => answer(api.POST("/api/v1/signals", { body: { name: name ?? "", execution_id: run.id, payload: null } })),
    onSuccess: () => notifications.show({ message: actions.signalled }),
    onError: notifyProblem,
  });
  const approval = approvalPath(signal);
  if (approval !== null) {
    return (
      <Button size="xs" variant="default" component={Link} to={approval}>
        {actions.approvals}
      </Button>
    );
  }
  if (name === null || !mayChange || !(signal ?? "").endsWith(run.id)) return null;
  return (
    <Button size="xs" variant="default" leftSection={<Send size={14} />} loading={send.isPending} onClick={() => send.mutate()}>
      {actions.signal(name)}
    </Button>
  );
}

/** Runs again with what the steps before it came to. A step in a loop begins with its loop. */
function FromHere({ node, run, published, isInLoop, hasRun }: { node: FlowNode; run: Run; published: number | null; isInLoop: boolean; hasRun: boolean }) {
  const mayChange = useMayChange();
  if (!mayChange || !hasRun || isInLoop || isOpen(run.status) || run.test_mode || isTrigger(node)) return null;
  return (
    <Group>
      <GoOn run={run} published={published} step={node.id} />
    </Group>
  );
}

function isThere(value: unknown): boolean {
  return value !== null && value !== undefined && (typeof value !== "object" || Object.keys(value).length > 0);
}
