import { Anchor, Badge, Group, Text } from "@mantine/core";
import { MessageSquare, Pencil, Plus, Trash2, Workflow } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { IconTile } from "@/parts/IconTile";
import { sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { StatusBadge } from "@/parts/StatusBadge";
import { TimeAgo } from "@/parts/TimeAgo";
import type { Names } from "@/session/automationNames";
import { recordsTexts } from "@/texts/records";

import { type By, type Changed, type Entry, stageOf } from "./entries";
import classes from "./timeline.module.css";
import type { RecordTable } from "./useTimeline";

const texts = recordsTexts.timeline;
const ICONS = { INSERT: Plus, UPDATE: Pencil, DELETE: Trash2 } as const;

interface EntryItemProps {
  entry: Entry;
  table: RecordTable;
  names: Names;
  people: ReadonlyMap<string, string>;
}

export function EntryItem({ entry, table, names, people }: EntryItemProps) {
  const Icon = entry.kind === "run" ? Workflow : entry.kind === "message" ? MessageSquare : ICONS[entry.operation];
  return (
    <li className={classes.entry}>
      <IconTile color={entry.kind === "run" ? null : "gray"} size={30}>
        <Icon size={15} />
      </IconTile>
      <div className={classes.what}>{what(entry, table, names, people)}</div>
      <TimeAgo time={entry.time || null} size="xs" c="dimmed" className={classes.time} />
    </li>
  );
}

function what(entry: Entry, table: RecordTable, names: Names, people: EntryItemProps["people"]): ReactNode {
  switch (entry.kind) {
    case "run": {
      const { id, automation_id: automation, status, waiting, test_mode: isTest, error } = entry.run;
      return (
        <>
          <Group gap="xs">
            <Anchor component={Link} to={`/automations/${automation}/runs/${id}`} size="sm" fw={550}>
              {texts.runs[stageOf(entry.run)](names.get(automation)?.name ?? texts.anyAutomation)}
            </Anchor>
            <StatusBadge size="sm" status={waiting ? "waiting" : status} />
            {isTest && (
              <Badge size="sm" variant="outline" color="gray" tt="none">
                {texts.test}
              </Badge>
            )}
          </Group>
          {error !== null && (
            <Text size="xs" c="var(--mantine-color-red-text)" lineClamp={2}>
              <Prose text={sentence(error)} />
            </Text>
          )}
        </>
      );
    }
    case "message":
      return (
        <>
          {entry.message.direction === "inbound" ? (
            texts.wrote.inbound
          ) : (
            <>
              <Who by={entry.by} names={names} people={people} /> {entry.message.direction === "outbound" ? texts.wrote.outbound : texts.wrote.other}
            </>
          )}
          {entry.message.body && <div className={classes.body}>{entry.message.body}</div>}
        </>
      );
    case "change":
      return (
        <>
          <Who by={entry.by} names={names} people={people} />{" "}
          {entry.operation === "INSERT" ? texts.made[table] : entry.operation === "DELETE" ? texts.deleted : <Change changed={entry.changed} people={people} />}
        </>
      );
  }
}

function Who({ by, names, people }: { by: By } & Pick<EntryItemProps, "names" | "people">) {
  if (by.kind === "unknown") return texts.somebody;
  if (by.kind === "person") return people.get(by.id) ?? texts.noMember;
  if (by.automation === null) return texts.aRun;
  return (
    <Anchor component={Link} to={`/automations/${by.automation}/runs/${by.run}`} size="sm" fw={550}>
      {texts.runOf(names.get(by.automation)?.name ?? texts.anyAutomation)}
    </Anchor>
  );
}

function Change({ changed, people }: { changed: readonly Changed[]; people: ReadonlyMap<string, string> }) {
  // An owner is somebody.
  const said = (text: string) => people.get(text) ?? text;
  const [first, ...others] = changed;
  if (first === undefined) return texts.changedNothing;
  if (others.length === 0) {
    return (
      <>
        {texts.set} {first.column}: <b>{texts.fromTo(said(first.from), said(first.to))}</b>
      </>
    );
  }
  return (
    <>
      {texts.set}
      <dl className={classes.changes}>
        {changed.map(({ column, from, to }) => (
          <Pair key={column} name={column} value={texts.fromTo(said(from), said(to))} />
        ))}
      </dl>
    </>
  );
}

function Pair({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}
