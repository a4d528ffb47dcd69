import { Alert, Button, Group, Select, Stack } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { CircleCheck } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import type { JsonObject } from "@/flow/drawing";
import { filled, firstValues, NO_PROBLEMS, problemsIn, type RecordKind } from "@/flow/inputForm";
import { listKeys } from "@/lib/list-keys";
import { queryKeys } from "@/lib/query-keys";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { InputForm } from "@/parts/start/InputForm";
import { answer, api } from "@/session/client";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

import type { Startable } from "./startable";

const texts = recordsTexts.start;

interface StartFormProps {
  kind: RecordKind;
  id: string;
  startable: readonly Startable[];
  onClose: () => void;
}

export function StartForm({ kind, id, startable, onClose }: StartFormProps) {
  const [chosen, setChosen] = useState<Startable | null>(startable.length === 1 ? (startable[0] ?? null) : null);
  const [values, setValues] = useState<JsonObject>(() => firstValues(chosen?.form.fields ?? []));
  const [isAsked, setAsked] = useState(false);
  const queries = useQueryClient();
  const start = useMutation({
    mutationFn: (automation: string) => {
      const body = { input: filled(values), ...(kind === "lead" ? { lead_id: id } : { conversation_id: id }) };
      return answer(api.POST("/api/v1/automations/{automation_id}/executions", { params: { path: { automation_id: automation } }, body }));
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: listKeys.records() });
      void queries.invalidateQueries({ queryKey: queryKeys.automations.all });
    },
  });
  const fields = chosen?.form.fields ?? [];
  const problems = problemsIn(fields, values);

  function choose(automation: string | null): void {
    const one = startable.find((other) => other.id === automation) ?? null;
    setChosen(one);
    setValues(firstValues(one?.form.fields ?? []));
    setAsked(false);
    start.reset();
  }

  if (start.data !== undefined && chosen !== null) {
    return (
      <Stack gap="md">
        <Alert color="teal" variant="light" icon={<CircleCheck size={18} />} title={texts.started} role="status" />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {partsTexts.close}
          </Button>
          <Button component={Link} to={`/automations/${chosen.id}/runs/${start.data.id}`}>
            {texts.show}
          </Button>
        </Group>
      </Stack>
    );
  }
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setAsked(true);
        if (chosen !== null && problems.size === 0) start.mutate(chosen.id);
      }}
    >
      <Stack gap="md">
        <Select
          label={texts.choose}
          placeholder={texts.placeholder}
          searchable
          data={startable.map((one) => ({ value: one.id, label: one.name }))}
          value={chosen?.id ?? null}
          onChange={choose}
        />
        {fields.length > 0 && (
          <InputForm key={chosen?.id} fields={fields} values={values} problems={isAsked ? problems : NO_PROBLEMS} onChange={setValues} />
        )}
        {start.error !== null && <ProblemNotice error={start.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            {partsTexts.cancel}
          </Button>
          <Button type="submit" disabled={chosen === null} loading={start.isPending}>
            {texts.run}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
