import { Anchor, Group, Stack, Text, Textarea } from "@mantine/core";
import { useState } from "react";

import type { JsonObject } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { filled, type Problems, problemWords, readObject } from "@/flow/inputForm";
import { editorTestTexts } from "@/texts/editor-test";

import { InputField } from "./InputField";

const texts = editorTestTexts.input;

interface InputFormProps {
  fields: readonly Field[];
  values: JsonObject;
  /** Of fields that have to be mended before it goes on. */
  problems: Problems;
  onChange: (values: JsonObject) => void;
  jsonLabel?: string;
}

/** What a trigger asks for; as JSON where a form does not do. */
export function InputForm({ fields, values, problems, onChange, jsonLabel = texts.jsonLabel }: InputFormProps) {
  const [json, setJson] = useState<string | null>(fields.length === 0 ? JSON.stringify(values, null, 2) : null);
  if (json !== null) {
    return (
      <Stack gap={6}>
        <Textarea
          label={jsonLabel}
          autosize
          minRows={4}
          maxRows={14}
          value={json}
          error={readObject(json) === null ? texts.notObject : problemWords(fields, problems)}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
          onChange={(event) => {
            const text = event.currentTarget.value;
            setJson(text);
            const value = readObject(text);
            if (value !== null) onChange(value);
          }}
        />
        {fields.length > 0 && <Toggle text={texts.form} onClick={() => setJson(null)} />}
      </Stack>
    );
  }
  return (
    <Stack gap="sm">
      {fields.map((field) => (
        <InputField
          key={field.name}
          field={field}
          value={values[field.name]}
          error={problems.get(field.name) ?? null}
          onChange={(value) => onChange({ ...values, [field.name]: value })}
        />
      ))}
      <Toggle text={texts.json} onClick={() => setJson(JSON.stringify(filled(values), null, 2))} />
    </Stack>
  );
}

function Toggle({ text, onClick }: { text: string; onClick: () => void }) {
  return (
    <Group justify="flex-end">
      <Anchor component="button" type="button" size="xs" onClick={onClick}>
        {text}
      </Anchor>
    </Group>
  );
}

export function NothingAsked({ text = texts.nothing }: { text?: string }) {
  return (
    <Text size="sm" c="dimmed">
      {text}
    </Text>
  );
}
