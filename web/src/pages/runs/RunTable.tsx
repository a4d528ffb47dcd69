import { Anchor, Badge, Checkbox, Group, Table, Text, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { Link } from "react-router";

import { NamedLink } from "@/parts/NamedLink";
import { inLetters, sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { StatusBadge } from "@/parts/StatusBadge";
import { duration, fullTime } from "@/parts/time";
import { TimeAgo } from "@/parts/TimeAgo";
import { useStarterOf } from "@/session/people";
import { aboutOf } from "@/session/runAbout";
import { bulkTexts } from "@/texts/bulk";
import { runsTexts as texts } from "@/texts/runs";

import { type Names, type Run, useAutomationName } from "./queries";
import { RunMenu } from "./RunMenu";
import classes from "@/parts/table.module.css";

interface RunTableProps {
  account: string;
  runs: readonly Run[];
  names: Names;
  onOpen: (id: string) => void;
  /** Null: nothing may be done to them. */
  onSelect: ((id: string, isSelected: boolean) => void) | null;
  selected: ReadonlySet<string>;
}

export function RunTable({ account, runs, names, onOpen, onSelect, selected }: RunTableProps) {
  const starterOf = useStarterOf(account);
  return (
    <Table.ScrollContainer minWidth={640} type="native" className={classes.room}>
      <Table verticalSpacing={11} horizontalSpacing="md" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            {onSelect !== null && (
              <Table.Th w={44}>
                <VisuallyHidden>{texts.columns.select}</VisuallyHidden>
              </Table.Th>
            )}
            <Table.Th w={150}>{texts.columns.status}</Table.Th>
            <Table.Th>{texts.columns.automation}</Table.Th>
            <Table.Th w="24%">{texts.columns.about}</Table.Th>
            <Table.Th w={130} className={classes.lesser}>
              {texts.columns.by}
            </Table.Th>
            <Table.Th w={140}>{texts.columns.started}</Table.Th>
            <Table.Th w={110} className={classes.lesser}>
              {texts.columns.duration}
            </Table.Th>
            <Table.Th w={56}>
              <VisuallyHidden>{texts.columns.actions}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <RunRow
              key={run.id}
              run={run}
              names={names}
              starter={starterOf(run)}
              isSelected={selected.has(run.id)}
              onSelect={onSelect === null ? null : (on) => onSelect(run.id, on)}
              onOpen={() => onOpen(run.id)}
            />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

interface RunRowProps {
  run: Run;
  names: Names;
  starter: string;
  isSelected: boolean;
  onSelect: ((isSelected: boolean) => void) | null;
  onOpen: () => void;
}

function RunRow({ run, names, starter, isSelected, onSelect, onOpen }: RunRowProps) {
  const automation = useAutomationName(names, run.automation_id);
  const about = aboutOf(run);
  const name = automation?.name ?? texts.gone;
  return (
    <Table.Tr className={classes.row}>
      {onSelect !== null && (
        <Table.Td>
          <Checkbox
            size="xs"
            className={classes.above}
            aria-label={bulkTexts.select(fullTime(new Date(run.started_at)))}
            checked={isSelected}
            onChange={(event) => onSelect(event.currentTarget.checked)}
          />
        </Table.Td>
      )}
      <Table.Td>
        <StatusBadge status={run.waiting ? "waiting" : run.status} />
      </Table.Td>
      <Table.Td>
        <Group gap="xs" wrap="nowrap">
          <UnstyledButton onClick={onOpen} className={classes.name} title={name}>
            {name}
          </UnstyledButton>
          {run.test_mode && (
            <Badge size="sm" variant="outline" color="gray" tt="none" className={classes.whole}>
              {texts.test}
            </Badge>
          )}
          {run.retried_in !== null && (
            <Anchor component={Link} to={`/automations/${run.automation_id}/runs/${run.retried_in}`} size="xs" className={`${classes.above} ${classes.whole}`}>
              {texts.retriedIn}
            </Anchor>
          )}
        </Group>
        {run.error !== null && (
          <Tooltip label={<Prose text={sentence(run.error)} />} multiline maw={480}>
            <Text size="xs" c="var(--mantine-color-red-text)" lineClamp={1} className={classes.above}>
              {inLetters(run.error)}
            </Text>
          </Tooltip>
        )}
      </Table.Td>
      <Table.Td>
        <Text component="div" size="sm" c={about === null ? "dimmed" : "inherit"}>
          {about === null ? "–" : <NamedLink {...about} />}
        </Text>
      </Table.Td>
      <Table.Td className={classes.lesser}>
        <Text size="sm" lineClamp={1} title={starter}>
          {starter}
        </Text>
      </Table.Td>
      <Table.Td>
        <TimeAgo time={run.started_at} className={classes.above} />
      </Table.Td>
      <Table.Td className={`${classes.lesser} number`}>
        <Text size="sm" c={run.duration_ms === null ? "dimmed" : "inherit"}>
          {run.duration_ms === null ? "–" : duration(run.duration_ms)}
        </Text>
      </Table.Td>
      <Table.Td>
        <RunMenu run={run} onOpen={onOpen} />
      </Table.Td>
    </Table.Tr>
  );
}
