import { Stack, Switch, Text, Title } from "@mantine/core";
import { useMemo } from "react";

import type { NodeType } from "@/flow/catalogue";
import { type FlowNode, isTrigger, type JsonObject } from "@/flow/drawing";
import { fieldsOf } from "@/flow/formFields";
import { limitsOf } from "@/flow/stepForm";
import { stepSettingsTexts as texts } from "@/texts/step-settings";

import { Form } from "./form/Form";
import { useForm } from "./form/FormContext";
import { settingFields } from "./settingFields";

interface SettingsTabProps {
  readonly node: FlowNode;
  readonly type: NodeType | null;
  readonly onConfig: (config: JsonObject, field: string) => void;
  readonly onDisabled: (disabled: boolean) => void;
  readonly onSettings: (settings: JsonObject, field: string) => void;
}

/** What is said of every step; of a trigger, how many runs there may be. */
export function SettingsTab({ node, type, onConfig, onDisabled, onSettings }: SettingsTabProps) {
  const { isReadOnly } = useForm();
  const trigger = isTrigger(node);
  const fields = useMemo(() => fieldsOf(type?.config_schema, !trigger), [type, trigger]);
  const limits = limitsOf(node.type, fields, node.config);
  return (
    <Stack gap="lg">
      <Form fields={settingFields(trigger, type?.effect ?? null)} value={node.dataRest} onChange={onSettings} />
      {!trigger && (
        <Switch
          label={texts.disabled}
          description={texts.disabledText}
          checked={node.disabled}
          disabled={isReadOnly}
          onChange={(event) => onDisabled(event.currentTarget.checked)}
        />
      )}
      {limits.length > 0 && (
        <Stack gap="md">
          <div>
            <Title order={3} size="h5">
              {texts.limits}
            </Title>
            <Text size="xs" c="dimmed">
              {texts.limitsText}
            </Text>
          </div>
          <Form fields={limits} value={node.config} onChange={onConfig} />
        </Stack>
      )}
    </Stack>
  );
}
