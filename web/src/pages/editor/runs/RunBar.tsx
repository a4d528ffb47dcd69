import { ActionIcon, Anchor, Badge, Button, Group, Text } from "@mantine/core";
import { Ban, ChevronLeft } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { Dotted } from "@/parts/Dotted";
import { NamedLink } from "@/parts/NamedLink";
import { withinSentence } from "@/parts/people";
import { StatusBadge } from "@/parts/StatusBadge";
import { duration } from "@/parts/time";
import { TimeAgo } from "@/parts/TimeAgo";
import { useMayChange } from "@/session/accounts";
import { useStarterOf } from "@/session/people";
import { aboutOf } from "@/session/runAbout";
import { isOpen, type RunOnRecord, useRunActions } from "@/session/runs";
import { editorRunsTexts as texts } from "@/texts/editor-runs";

import type { Automation } from "@/pages/editor/tabs";
import { AgainFromStart, GoOn } from "./AgainButtons";
import { callerOf } from "./calls";
import { classes } from "./classes";

/** What run it is, how it stands, and what can be done to it. */
export function RunBar({ automation, onRecord: { run, leftOut } }: { automation: Automation; onRecord: RunOnRecord }) {
  const [search] = useSearchParams();
  const starter = useStarterOf(automation.user_id)(run);
  const about = aboutOf(run);
  const list = { pathname: `/automations/${automation.id}/runs`, search: search.toString() };
  const how = run.test_mode ? texts.testOfDraft : run.version === null ? null : texts.version(run.version);
  return (
    <Group className={classes.bar} justify="space-between" gap="sm">
      <Group gap="sm" wrap="nowrap" miw={0}>
        <ActionIcon component={Link} to={list} variant="subtle" color="gray" aria-label={texts.back} className={classes.back}>
          <ChevronLeft size={18} />
        </ActionIcon>
        <StatusBadge status={run.waiting ? "waiting" : run.status} />
        <div className={classes.what}>
          <Text component="div" size="sm" fw={600}>
            {about === null ? starter : <NamedLink {...about} />}
          </Text>
          <Dotted>
            <TimeAgo time={run.started_at} size="xs" c="dimmed" />
            {about !== null && (
              <Text size="xs" c="dimmed">
                {texts.startedBy(withinSentence(starter))}
              </Text>
            )}
            {run.duration_ms !== null && (
              <Text size="xs" c="dimmed" className="number">
                {texts.took(duration(run.duration_ms))}
              </Text>
            )}
            {run.parent_id !== null && (
              <Anchor component={Link} to={`/automations/${callerOf(run) ?? automation.id}/runs/${run.parent_id}`} size="xs">
                {callerOf(run) === null ? texts.parent : texts.calledBy}
              </Anchor>
            )}
            {run.retried_in !== null && (
              <Anchor component={Link} to={`/automations/${automation.id}/runs/${run.retried_in}`} size="xs">
                {texts.retriedIn}
              </Anchor>
            )}
          </Dotted>
        </div>
        {how !== null && (
          <Badge variant="default" radius="sm" tt="none" fw={500}>
            {how}
          </Badge>
        )}
        {leftOut > 0 && (
          <Text size="xs" c="dimmed">
            {texts.leftOut(leftOut)}
          </Text>
        )}
      </Group>
      <Actions run={run} published={automation.published_number} />
    </Group>
  );
}

function Actions({ run, published }: Pick<RunOnRecord, "run"> & { published: number | null }) {
  const { cancel } = useRunActions();
  const mayChange = useMayChange();
  if (!mayChange) return null;
  if (isOpen(run.status)) {
    return (
      <Button size="xs" variant="default" leftSection={<Ban size={15} />} loading={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
        {texts.actions.cancel}
      </Button>
    );
  }
  if (run.test_mode) return null;
  return (
    <Group gap={8}>
      {run.status === "failed" && <GoOn run={run} published={published} />}
      <AgainFromStart run={run} published={published} />
    </Group>
  );
}
