import { ActionIcon, Badge, CopyButton, Group, Input, Stack, Text, Tooltip } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Check, Copy } from "lucide-react";

import { queryKeys } from "@/lib/query-keys";
import { answer, api } from "@/session/client";
import { triggerTexts } from "@/texts/triggers";

import { Form } from "@/pages/editor/config/form/Form";
import { useForm } from "@/pages/editor/config/form/FormContext";
import type { OwnFormProps } from "@/pages/editor/config/forms";
import classes from "./trigger.module.css";

const texts = triggerTexts.webhook;

/** Where it is called, and how callers show who they are. */
export function WebhookForm({ fields, config, onConfig }: OwnFormProps) {
  return (
    <Stack gap="md">
      <Address />
      <Form fields={fields} value={config} onChange={onConfig} />
    </Stack>
  );
}

function Address() {
  const { automation } = useForm();
  const { data, isError } = useQuery({
    queryKey: [...queryKeys.automations.detail(automation), "webhook"],
    queryFn: () => answer(api.GET("/api/v1/automations/{automation_id}/webhook", { params: { path: { automation_id: automation } } })),
    retry: false,
  });
  return (
    <section aria-label={texts.title} className={classes.box}>
      <Input.Label labelElement="div">{texts.title}</Input.Label>
      <Text size="xs" c="dimmed" mb={6}>
        {texts.text}
      </Text>
      {data === undefined ? (
        <Text size="sm">{isError ? texts.unpublished : ""}</Text>
      ) : (
        <>
          <Group wrap="nowrap" align="flex-start" gap="xs">
            <Text className={classes.address} flex={1}>
              {data.url}
            </Text>
            <CopyButton value={data.url}>
              {({ copied, copy }) => (
                <Tooltip label={copied ? texts.copied : texts.copy}>
                  <ActionIcon variant="default" size="sm" aria-label={copied ? texts.copied : texts.copy} onClick={copy}>
                    {copied ? <Check size={13} /> : <Copy size={13} />}
                  </ActionIcon>
                </Tooltip>
              )}
            </CopyButton>
          </Group>
          <Group gap={6} mt={8}>
            <Badge size="sm" radius="sm" variant="light" tt="none" color={data.live ? "teal" : "gray"}>
              {texts.methods(data.methods.join(", "))}
            </Badge>
          </Group>
          <Text size="xs" c="dimmed" mt={6}>
            {data.live ? texts.live : stateInWords(data.state)}
          </Text>
        </>
      )}
    </section>
  );
}

/** Without what a program would call about it: here are buttons. */
function stateInWords(state: string): string {
  const said = state.replace(/\s*\(`[^`]*`\)/g, "");
  return `${said.charAt(0).toUpperCase()}${said.slice(1)}.`;
}
