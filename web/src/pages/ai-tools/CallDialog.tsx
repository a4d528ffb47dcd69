import { Anchor, Button, Group, Stack, Text } from "@mantine/core";
import { type SubmitEvent, useState } from "react";
import { Link } from "react-router";

import type { JsonObject } from "@/flow/drawing";
import { filled, firstValues, NO_PROBLEMS, problemsIn } from "@/flow/inputForm";
import type { components } from "@/lib/api-types";
import { Dialog } from "@/parts/Dialog";
import { JsonBlock } from "@/parts/JsonBlock";
import { sentence } from "@/parts/problem";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { Prose } from "@/parts/Prose";
import { InputForm } from "@/parts/start/InputForm";
import { StatusBadge } from "@/parts/StatusBadge";
import { aiToolsTexts } from "@/texts/ai-tools";
import { partsTexts } from "@/texts/parts";

import { useCallTool } from "./queries";
import type { Tool } from "./tools";

const texts = aiToolsTexts.call;

export function CallDialog({ account, tool, onClose }: { account: string; tool: Tool; onClose: () => void }) {
  const [values, setValues] = useState<JsonObject>(() => firstValues(tool.fields));
  const [isAsked, setAsked] = useState(false);
  const calling = useCallTool(account, tool.name);
  const problems = problemsIn(tool.fields, values);

  function call(event: SubmitEvent): void {
    event.preventDefault();
    setAsked(true);
    if (problems.size === 0) calling.mutate(filled(values));
  }

  return (
    <Dialog onClose={onClose} title={texts.title(tool.name)} centered radius="lg" size="lg">
      <form onSubmit={call} noValidate>
        <Stack gap="md">
          <Text size="sm" c="dimmed">
            {texts.text}
          </Text>
          <InputForm fields={tool.fields} values={values} problems={isAsked ? problems : NO_PROBLEMS} onChange={setValues} jsonLabel={texts.arguments} />
          {calling.error !== null && <ProblemNotice error={calling.error} />}
          {calling.data !== undefined && <Result result={calling.data} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {partsTexts.close}
            </Button>
            <Button type="submit" loading={calling.isPending}>
              {texts.run}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function Result({ result }: { result: components["schemas"]["ToolCallAnswer"] }) {
  const output = result.output ?? null;
  return (
    <Stack gap="xs" role="status" aria-label={texts.result}>
      <Group justify="space-between">
        <StatusBadge status={result.status} size="sm" />
        <Anchor component={Link} to="/runs" size="sm">
          {texts.runs}
        </Anchor>
      </Group>
      {result.error != null && <Text size="sm"><Prose text={sentence(result.error)} /></Text>}
      {result.message != null && <Text size="sm">{result.message}</Text>}
      {output !== null && <JsonBlock title={texts.output} value={output} />}
      {result.status === "completed" && output === null && (
        <Text size="sm" c="dimmed">
          {texts.nothing}
        </Text>
      )}
    </Stack>
  );
}
