import { Anchor, Badge, Button, Center, Divider, Group, Loader, Modal, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { CircleHelp } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import { ApiError } from "@/lib/api";
import { listKeys } from "@/lib/list-keys";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { TimeAgo } from "@/parts/TimeAgo";
import type { RecordTable } from "@/pages/records/timeline/useTimeline";
import { changedIn } from "@/pages/records/timeline/entries";
import { useNames } from "@/session/automationNames";
import { answer, api } from "@/session/client";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

import { adviceOn, reasonOf, type Verdict } from "./advice";

const texts = recordsTexts.why;
const LATEST = 5;
const COLORS: Readonly<Record<string, string>> = { started: "teal", held: "orange", "not matched": "gray", unknown: "yellow" };

interface WhyNotProps {
  account: string;
  table: RecordTable;
  id: string;
}

export function WhyNot(props: WhyNotProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button variant="default" leftSection={<CircleHelp size={15} />} onClick={() => setOpen(true)}>
        {texts.button}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} size="lg" title={texts.title} closeButtonProps={{ "aria-label": partsTexts.close }}>
        <Answer {...props} />
      </Modal>
    </>
  );
}

function Answer({ account, table, id }: WhyNotProps) {
  const [automation, setAutomation] = useState<string | null>(null);
  const names = [...useNames(account).values()];
  const { data, error, refetch } = useQuery({
    queryKey: [...listKeys.record(table, id), "why", automation],
    queryFn: () => explained({ record: id, account, last: LATEST, automation_id: automation }),
    enabled: automation !== null,
    retry: false,
  });
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {names.length === 0 ? texts.none : texts.text}
      </Text>
      <Select
        label={texts.choose}
        placeholder={texts.placeholder}
        searchable
        data={names.map((one) => ({ value: one.id, label: one.name }))}
        value={automation}
        onChange={setAutomation}
      />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {automation !== null && data === undefined && error === null && (
        <Center py="md">
          <Loader size="sm" aria-label={partsTexts.loading} />
        </Center>
      )}
      <div aria-live="polite">
        {data?.length === 0 && <Text size="sm">{texts.noChange}</Text>}
        {data?.map(({ event, verdicts }) => (
          <Stack key={event.id} gap="xs" pb="md">
            <Divider />
            <Group justify="space-between" wrap="nowrap" align="baseline">
              <Text size="sm" fw={550}>
                {event.operation === "UPDATE"
                  ? changedIn(event)
                      .map(({ column, from, to }) => `${column}: ${recordsTexts.timeline.fromTo(from, to)}`)
                      .join(", ") || texts.operations.UPDATE
                  : texts.operations[event.operation]}
              </Text>
              <TimeAgo time={event.occurred_at} size="xs" c="dimmed" />
            </Group>
            {verdicts.map((verdict) => (
              <VerdictItem key={verdict.automation_id} verdict={verdict} />
            ))}
          </Stack>
        ))}
      </div>
    </Stack>
  );
}

/** What has never changed has nothing to explain, which is no error. */
async function explained(query: { record: string; account: string; last: number; automation_id: string | null }) {
  try {
    return (await answer(api.GET("/api/v1/explain", { params: { query } }))).items;
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return [];
    throw error;
  }
}

function VerdictItem({ verdict }: { verdict: Verdict }) {
  const advice = adviceOn(verdict);
  const { outcome, caveat, run_id: run, automation_id: automation } = verdict;
  return (
    <Stack gap={6} align="flex-start">
      <Badge variant="light" color={COLORS[outcome] ?? "gray"} radius="sm" tt="none">
        {texts.outcomes[outcome] ?? outcome}
      </Badge>
      <Text size="sm">
        <Prose text={reasonOf(verdict)} />
      </Text>
      {caveat !== null && (
        <Text size="xs" c="dimmed">
          <Prose text={sentence(caveat)} />
        </Text>
      )}
      {advice !== null && outcome !== "started" && <Text size="sm">{advice}</Text>}
      <Anchor component={Link} size="sm" to={run === null ? `/automations/${automation}` : `/automations/${automation}/runs/${run}`}>
        {run === null ? texts.open : texts.run}
      </Anchor>
    </Stack>
  );
}
