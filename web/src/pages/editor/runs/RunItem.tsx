import { Badge, Checkbox, Group, Text } from "@mantine/core";
import { Link } from "react-router";

import { inLetters } from "@/parts/problem";
import { StatusBadge } from "@/parts/StatusBadge";
import { duration, fullTime } from "@/parts/time";
import { TimeAgo } from "@/parts/TimeAgo";
import { aboutOf } from "@/session/runAbout";
import { bulkTexts } from "@/texts/bulk";
import { editorRunsTexts as texts } from "@/texts/editor-runs";
import { runsTexts } from "@/texts/runs";

import type { ListedRun } from "./queries";
import { classes } from "./classes";

interface RunItemProps {
  run: ListedRun;
  /** Who or what started it. */
  by: string;
  search: string;
  isChosen: boolean;
  isSelected: boolean;
  /** Null: nothing may be done to it. */
  onSelect: ((isSelected: boolean) => void) | null;
}

export function RunItem({ run, by, search, isChosen, isSelected, onSelect }: RunItemProps) {
  const when = fullTime(new Date(run.started_at));
  const about = aboutOf(run)?.name ?? null;
  const to = { pathname: `/automations/${run.automation_id}/runs/${run.id}`, search };
  return (
    <li className={classes.item} data-chosen={isChosen || undefined}>
      {onSelect !== null && (
        <Checkbox
          size="xs"
          className={classes.above}
          aria-label={bulkTexts.select(when)}
          checked={isSelected}
          onChange={(event) => onSelect(event.currentTarget.checked)}
        />
      )}
      <div className={classes.itemText}>
        <Group gap={8} wrap="nowrap" justify="space-between">
          <StatusBadge status={run.waiting ? "waiting" : run.status} size="sm" />
          {run.retried_in !== null && (
            <Text span size="xs" c="dimmed" className={classes.whole ?? ""}>
              {texts.retried}
            </Text>
          )}
          <TimeAgo time={run.started_at} size="xs" c="dimmed" className={classes.above} />
        </Group>
        <Group gap={6} wrap="nowrap">
          <Link to={to} className={classes.open} aria-current={isChosen ? "true" : undefined}>
            <Text span size="sm" fw={550} truncate title={about ?? by}>
              {about ?? by}
            </Text>
          </Link>
          {run.test_mode && (
            <Badge size="xs" radius="sm" variant="default" tt="none" className={classes.whole}>
              {runsTexts.test}
            </Badge>
          )}
        </Group>
        <Text size="xs" c={run.error === null ? "dimmed" : "var(--mantine-color-red-text)"} truncate>
          {run.error !== null ? inLetters(run.error) : [...(about === null ? [] : [by]), run.duration_ms === null ? texts.underWay : texts.took(duration(run.duration_ms))].join(" · ")}
        </Text>
      </div>
    </li>
  );
}
