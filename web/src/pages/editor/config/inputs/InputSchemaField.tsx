import { Button, Stack, Text } from "@mantine/core";
import { Braces, ListTree } from "lucide-react";
import { useState } from "react";

import { moved, withItem, withoutItem } from "@/flow/formValues";
import { type Input, newInput, readInputs, withLabel, writeInputs } from "@/flow/inputSchema";
import { triggerTexts } from "@/texts/triggers";

import { AddButton } from "@/pages/editor/config/form/AddButton";
import { useForm } from "@/pages/editor/config/form/FormContext";
import { GroupFrame } from "@/pages/editor/config/form/Frame";
import { JsonInput } from "@/pages/editor/config/form/JsonField";
import type { ControlProps } from "@/pages/editor/config/form/types";
import { InputCard } from "./InputCard";

const texts = triggerTexts.inputs;

/** A form for what somebody or something fills in; as JSON Schema for what it cannot show. */
export function InputSchemaField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const [asJson, setAsJson] = useState(false);
  const inputs = readInputs(value);
  const set = (next: readonly Input[]) => onChange(writeInputs(next, value));
  const Icon = asJson ? ListTree : Braces;
  const toggle =
    inputs === null ? undefined : (
      <Button size="compact-xs" variant="subtle" color="gray" leftSection={<Icon size={13} />} aria-label={`${field.title}: ${asJson ? texts.asForm : texts.asJson}`} onClick={() => setAsJson(!asJson)}>
        {asJson ? texts.asForm : texts.asJson}
      </Button>
    );
  return (
    <GroupFrame field={field} path={path} actions={toggle}>
      {inputs === null && (
        <Text size="xs" c="dimmed" mb={6}>
          {texts.json}
        </Text>
      )}
      {inputs === null || asJson ? (
        <JsonInput label={field.title} value={value ?? undefined} onChange={onChange} rows={8} />
      ) : (
        <Stack gap="xs">
          {inputs.length === 0 && (
            <Text size="sm" c="dimmed">
              {texts.none}
            </Text>
          )}
          {inputs.map((input, index) => (
            <InputCard
              key={index}
              input={input}
              number={index + 1}
              count={inputs.length}
              taken={inputs.filter((_, at) => at !== index).map((other) => other.name)}
              onChange={(next) => set(withItem(inputs, index, next))}
              onLabel={(label) => set(withItem(inputs, index, withLabel(input, label, inputs)))}
              onMove={(to) => set(moved(inputs, index, to))}
              onRemove={() => set(withoutItem(inputs, index))}
            />
          ))}
          {!isReadOnly && <AddButton text={texts.add} onAdd={() => set([...inputs, newInput(inputs)])} />}
        </Stack>
      )}
    </GroupFrame>
  );
}
