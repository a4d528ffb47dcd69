import { Anchor, Group, JsonInput, NumberInput, Select, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Json, JsonObject } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { filled, readJson, readObject } from "@/flow/inputForm";
import { editorTestTexts } from "@/texts/editor-test";

const texts = editorTestTexts.input;
/** Texts longer than this get room. */
const LONG = 200;

interface InputFormProps {
  fields: readonly Field[];
  values: JsonObject;
  /** Of fields that have to be filled in before it goes on. */
  wanting: ReadonlySet<string>;
  onChange: (values: JsonObject) => void;
  jsonLabel?: string;
}

/** What a trigger asks for; as JSON where a form does not do. */
export function InputForm({ fields, values, wanting, onChange, jsonLabel = texts.jsonLabel }: InputFormProps) {
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
          error={readObject(json) === null ? texts.notObject : null}
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
        <Input
          key={field.name}
          field={field}
          value={values[field.name]}
          error={wanting.has(field.name) ? texts.required : null}
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

function Input({ field, value, error, onChange }: { field: Field; value: Json | undefined; error: string | null; onChange: (value: Json) => void }) {
  const { control } = field;
  const shared = { label: field.title, description: field.description, withAsterisk: field.isRequired, error };
  switch (control.kind) {
    case "switch":
      return <Switch label={field.title} description={field.description} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "number":
      return (
        <NumberInput
          {...shared}
          value={typeof value === "number" ? value : ""}
          allowDecimal={!control.isInteger}
          {...(control.least === null ? {} : { min: control.least })}
          {...(control.most === null ? {} : { max: control.most })}
          onChange={(given) => onChange(typeof given === "number" ? given : null)}
        />
      );
    case "choice":
      return (
        <Select
          {...shared}
          clearable={!field.isRequired}
          data={control.values.map((one) => ({ value: JSON.stringify(one), label: typeof one === "string" ? one : JSON.stringify(one) }))}
          value={value === undefined ? null : JSON.stringify(value)}
          onChange={(given) => onChange(given === null ? null : (readJson(given) ?? null))}
        />
      );
    case "text":
      return (control.most ?? 0) > LONG ? (
        <Textarea {...shared} autosize minRows={2} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.currentTarget.value)} />
      ) : (
        <TextInput {...shared} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.currentTarget.value)} />
      );
    default:
      return <JsonField shared={shared} value={value} onChange={onChange} />;
  }
}

function JsonField({ shared, value, onChange }: { shared: { error: string | null }; value: Json | undefined; onChange: (value: Json) => void }) {
  const [text, setText] = useState(value === undefined ? "" : JSON.stringify(value, null, 2));
  return (
    <JsonInput
      {...shared}
      autosize
      minRows={2}
      value={text}
      validationError={texts.notJson}
      onChange={(given) => {
        setText(given);
        const read = given.trim() === "" ? null : readJson(given);
        if (read !== undefined) onChange(read);
      }}
    />
  );
}

export function NothingAsked({ text = texts.nothing }: { text?: string }) {
  return (
    <Text size="sm" c="dimmed">
      {text}
    </Text>
  );
}
