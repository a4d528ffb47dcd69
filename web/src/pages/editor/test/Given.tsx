import { Select, Stack, Text, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import type { Problems } from "@/flow/inputForm";
import { queryKeys } from "@/lib/query-keys";
import { fullTime } from "@/parts/time";
import { answer, api } from "@/session/client";
import { aboutOf } from "@/session/runAbout";
import { partsTexts } from "@/texts/parts";
import { editorTestTexts as texts } from "@/texts/editor-test";
import { runsTexts } from "@/texts/runs";

import { InputForm, NothingAsked } from "@/parts/start/InputForm";
import { RecordPicker } from "@/pages/editor/start/RecordPicker";
import type { Automation } from "@/pages/editor/tabs";
import { ChangeList } from "./ChangeList";
import type { Filled, Subject } from "./ways";

interface GivenProps {
  automation: Automation;
  subject: Subject;
  given: Filled;
  problems: Problems;
  onChange: (given: Filled) => void;
}

/** What the test begins with, in the way that was chosen. */
export function Given({ automation, subject, given, problems, onChange }: GivenProps) {
  switch (given.way) {
    case "change":
      return (
        <ChangeList
          account={automation.user_id}
          table={subject.table ?? "leads"}
          config={subject.config}
          value={given.event}
          onChange={(event) => onChange({ ...given, event })}
        />
      );
    case "record":
      return subject.record === "row" ? (
        <TextInput
          label={texts.record.row}
          description={texts.record.rowHint(subject.table ?? "")}
          value={given.record ?? ""}
          onChange={(event) => onChange({ ...given, record: event.currentTarget.value })}
        />
      ) : (
        <RecordPicker
          account={automation.user_id}
          kind={subject.record ?? "lead"}
          value={given.record}
          onChange={(record) => onChange({ ...given, record })}
        />
      );
    case "run":
      return <PastRun automation={automation.id} value={given.run} onChange={(run) => onChange({ ...given, run })} />;
    case "example":
      return (
        <Text size="sm" c="dimmed">
          {subject.type === "trigger-schedule" ? texts.example.schedule : texts.example.event}
        </Text>
      );
    case "input":
      return <Input automation={automation} subject={subject} given={given} problems={problems} onChange={onChange} />;
  }
}

function Input({ automation, subject, given, problems, onChange }: GivenProps) {
  const { form } = subject;
  const isWebhook = subject.type === "trigger-webhook";
  const fields = form?.fields ?? [];
  const asksNothing = !isWebhook && fields.length === 0 && subject.record === null;
  return (
    <Stack gap="sm">
      {form?.record != null && (
        <RecordPicker
          account={automation.user_id}
          kind={form.record}
          value={given.record}
          isRequired
          onChange={(record) => onChange({ ...given, record })}
        />
      )}
      {asksNothing && <NothingAsked />}
      {(fields.length > 0 || isWebhook) && (
        <InputForm
          fields={fields}
          values={given.values}
          problems={problems}
          onChange={(values) => onChange({ ...given, values })}
          {...(isWebhook ? { jsonLabel: texts.input.body } : {})}
        />
      )}
    </Stack>
  );
}

/** With what started a run, once more. */
function PastRun({ automation, value, onChange }: { automation: string; value: string | null; onChange: (run: string | null) => void }) {
  const { data } = useQuery({
    queryKey: [...queryKeys.automations.executions.all(automation), "latest"],
    queryFn: () => answer(api.GET("/api/v1/executions", { params: { query: { automation_id: automation, limit: 50 } } })),
  });
  if (data?.items.length === 0) return <NothingAsked text={texts.runs.none} />;
  const choices = (data?.items ?? []).map((run) => ({
    value: run.id,
    label: [
      fullTime(new Date(run.started_at)),
      aboutOf(run)?.name ?? runsTexts.by[run.trigger_type] ?? run.trigger_type,
      partsTexts.status[run.status],
      ...(run.test_mode ? [runsTexts.test] : []),
    ].join(" · "),
  }));
  return <Select label={texts.runs.label} data={choices} value={value} onChange={onChange} searchable allowDeselect={false} />;
}
