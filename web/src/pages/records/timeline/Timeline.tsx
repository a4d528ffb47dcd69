import { Box, Button, Card, Center, Loader, Stack, Text, Title } from "@mantine/core";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { useNames } from "@/session/automationNames";
import { usePeople } from "@/session/people";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

import type { With } from "./entries";
import { EntryItem } from "./EntryItem";
import classes from "./timeline.module.css";
import { type RecordTable, useTimeline } from "./useTimeline";

const texts = recordsTexts.timeline;

interface TimelineProps {
  account: string;
  table: RecordTable;
  id: string;
  other?: With | null;
}

export function Timeline({ account, table, id, other = null }: TimelineProps) {
  const { entries, hasMore, isAtEnd, more, data, error, refetch, isFetching } = useTimeline(table, id, other);
  const names = useNames(account);
  const people = new Map(usePeople(account).map(({ value, label }) => [value, label]));
  return (
    <Card withBorder radius="lg" padding="lg" className="surface" component="section" aria-labelledby="timeline">
      <Title order={2} size="h5" id="timeline" mb="md">
        {texts.title}
      </Title>
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && (
        <Center py="xl">
          <Loader aria-label={partsTexts.loading} />
        </Center>
      )}
      {data !== undefined && entries.length === 0 && (
        <Text size="sm" c="dimmed">
          {texts.empty}
        </Text>
      )}
      <ol className={classes.list}>
        {entries.map((entry) => (
          <EntryItem key={entry.key} entry={entry} table={table} names={names} people={people} />
        ))}
      </ol>
      {hasMore && (
        <Stack align="center" pt="xs">
          {isAtEnd ? (
            <Text size="sm" c="dimmed">
              {texts.notAll}
            </Text>
          ) : (
            <Box>
              <Button variant="default" size="xs" loading={isFetching} onClick={more}>
                {texts.more}
              </Button>
            </Box>
          )}
        </Stack>
      )}
    </Card>
  );
}
