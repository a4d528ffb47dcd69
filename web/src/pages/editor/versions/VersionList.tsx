import { Badge, Button, Center, Group, Loader, ScrollArea, Text } from "@mantine/core";
import { GitCommitVertical } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { withinSentence } from "@/parts/people";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { type Person, usePeople } from "@/session/people";
import { partsTexts } from "@/texts/parts";
import { versionsTexts as texts } from "@/texts/versions";

import type { Automation } from "@/pages/editor/tabs";
import type { ListedVersion, useVersions } from "./queries";
import { addressOf, type Side } from "./sides";
import { classes } from "./classes";

interface VersionListProps {
  readonly automation: Automation;
  readonly list: ReturnType<typeof useVersions>;
  readonly chosen: Side;
}

export function VersionList({ automation, list, chosen }: VersionListProps) {
  const { versions, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = list;
  const people = usePeople(automation.user_id);
  const { published_number: published, draft_is_published: isPublished } = automation;
  return (
    <section className={classes.list} aria-label={texts.list}>
      <ScrollArea flex={1} mih={0} type="auto">
        <ul className={classes.items}>
          <Item to={addressOf(automation.id, "draft")} title={texts.draft} isChosen={chosen === "draft"} badge={null} time={null}>
            {published === null ? texts.neverPublished : isPublished ? texts.asPublished : texts.ahead}
          </Item>
          {versions.map((version) => (
            <Item
              key={version.id}
              to={addressOf(automation.id, version.number)}
              title={texts.number(version.number)}
              isChosen={chosen === version.number}
              badge={version.is_published ? texts.published : null}
              time={version.created_at}
              {...(version.note === null || version.note === "" ? {} : { note: version.note })}
            >
              {[texts.steps(version.steps), ...whoMade(version, people)].join(" · ")}
            </Item>
          ))}
        </ul>
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Center py={48}>
            <Loader aria-label={partsTexts.loading} />
          </Center>
        )}
        {data !== undefined && versions.length === 0 && <EmptyState icon={GitCommitVertical} title={texts.empty.title} text={texts.empty.text} />}
        {hasNextPage && (
          <Center py="sm">
            <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {partsTexts.loadMore}
            </Button>
          </Center>
        )}
      </ScrollArea>
    </section>
  );
}

interface ItemProps {
  readonly to: string;
  readonly title: string;
  readonly isChosen: boolean;
  readonly badge: string | null;
  readonly time: string | null;
  readonly note?: string;
  readonly children: ReactNode;
}

function Item({ to, title, isChosen, badge, time, note, children }: ItemProps) {
  return (
    <li className={classes.item} data-chosen={isChosen || undefined}>
      <Group gap={8} wrap="nowrap">
        <Link to={to} className={classes.open} aria-current={isChosen ? "true" : undefined}>
          {title}
        </Link>
        {badge !== null && (
          <Badge size="sm" radius="sm" tt="none" fw={550} color="teal" variant="light">
            {badge}
          </Badge>
        )}
      </Group>
      {note !== undefined && (
        <Text size="sm" lineClamp={3}>
          {note}
        </Text>
      )}
      <Group gap={8} wrap="nowrap" justify="space-between">
        <Text size="xs" c="dimmed" truncate>
          {children}
        </Text>
        {time !== null && <TimeAgo time={time} size="xs" c="dimmed" className={classes.above} />}
      </Group>
    </li>
  );
}

/** Nobody, where the installation made it. */
function whoMade({ origin, created_by: by }: ListedVersion, people: readonly Person[]): string[] {
  if (origin === "sql") return [texts.bySql];
  if (by === null) return [];
  return [texts.by(withinSentence(people.find(({ value }) => value === by)?.label ?? texts.someone))];
}
