import { Badge, Button, Center, Group, Loader, Radio, ScrollArea, Stack, Text } from "@mantine/core";
import { useInfiniteQuery } from "@tanstack/react-query";
import { History } from "lucide-react";
import { useEffect, useMemo } from "react";

import type { JsonObject } from "@/flow/drawing";
import { EmptyState } from "@/parts/EmptyState";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { answer, api } from "@/session/client";
import { partsTexts } from "@/texts/parts";
import { editorTestTexts } from "@/texts/editor-test";

import { canBeTried, matchInWords, type Offered, offered } from "./changes";
import classes from "./test.module.css";

const texts = editorTestTexts.change;
const PAGE = 50;

interface ChangeListProps {
  account: string;
  table: string;
  config: JsonObject;
  value: number | null;
  onChange: (event: number) => void;
}

/** What has really happened to such records. */
export function ChangeList({ account, table, config, value, onChange }: ChangeListProps) {
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["events", account, table],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/events", { params: { query: { account, source: table, limit: PAGE, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  const changes = useMemo(() => offered(data?.pages.flatMap((page) => page.items) ?? [], config), [data, config]);
  const first = changes.find((one) => one.match.kind === "matches")?.event.id;
  // The latest that would have started it: what one most likely wants to see.
  useEffect(() => {
    if (value === null && first !== undefined) onChange(first);
  }, [value, first, onChange]);
  if (error !== null) return <ProblemNotice error={error} />;
  if (data === undefined) {
    return (
      <Center py="lg">
        <Loader aria-label={partsTexts.loading} />
      </Center>
    );
  }
  if (changes.length === 0) return <EmptyState icon={History} title={texts.none.title} text={texts.none.text} />;
  return (
    <Stack gap={8}>
      <Radio.Group aria-label={texts.label} value={value === null ? null : String(value)} onChange={(id) => onChange(Number(id))}>
        <ScrollArea.Autosize mah={320} type="auto" className={classes.changes}>
          {changes.map((change) => (
            <ChangeItem key={change.event.id} change={change} />
          ))}
        </ScrollArea.Autosize>
      </Radio.Group>
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {texts.hint}
        </Text>
        {hasNextPage && (
          <Button size="compact-xs" variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {texts.more}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

function ChangeItem({ change }: { change: Offered }) {
  const { event, name, what, match } = change;
  const starts = match.kind === "matches";
  return (
    <Radio.Card value={String(event.id)} className={classes.change} disabled={!canBeTried(change)} radius={0}>
      <Group wrap="nowrap" gap="sm">
        <Radio.Indicator size="xs" disabled={!canBeTried(change)} />
        <div className={classes.what}>
          <Group gap={8} wrap="nowrap" justify="space-between">
            <Text size="sm" fw={550} truncate>
              {name}
            </Text>
            <TimeAgo time={event.occurred_at} size="xs" c="dimmed" />
          </Group>
          <Group gap={8} wrap="nowrap" justify="space-between">
            <Text size="xs" c="dimmed" truncate>
              {what}
              {event.execution_id !== null && ` · ${texts.byRun}`}
            </Text>
            <Badge size="sm" radius="sm" variant="light" color={starts ? "teal" : "gray"} tt="none" fw={550} className={classes.match}>
              {matchInWords(match)}
            </Badge>
          </Group>
        </div>
      </Group>
    </Radio.Card>
  );
}
