import { JsonInput, Select, Switch, TagsInput, Textarea, TextInput } from "@mantine/core";
import { useState } from "react";

import type { Json } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { readJson } from "@/flow/inputForm";
import { FigureField } from "@/parts/FigureInput";
import { editorTestTexts } from "@/texts/editor-test";

const texts = editorTestTexts.input;
/** Texts longer than this get room. */
const LONG = 200;
/** What the browser helps with, and writes as the format wants it. */
const TYPES: Readonly<Record<string, string>> = { date: "date", time: "time", email: "email" };

interface InputFieldProps {
  field: Field;
  value: Json | undefined;
  error: string | null;
  onChange: (value: Json) => void;
}

export function InputField({ field, value, error, onChange }: InputFieldProps) {
  const { control } = field;
  const shared = { label: field.title, description: field.description, withAsterisk: field.isRequired, error };
  switch (control.kind) {
    case "switch":
      return <Switch label={field.title} description={field.description} error={error} checked={value === true} onChange={(event) => onChange(event.currentTarget.checked)} />;
    case "number":
      return <FigureField {...shared} description={field.description} value={value} rule={control} onChange={(given) => onChange(given ?? null)} />;
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
      return field.widget === "textarea" || (control.most ?? 0) > LONG ? (
        <Textarea {...shared} autosize minRows={2} value={typeof value === "string" ? value : ""} onChange={(event) => onChange(event.currentTarget.value)} />
      ) : (
        <TextInput
          {...shared}
          type={TYPES[control.format ?? ""] ?? "text"}
          value={typeof value === "string" ? value : ""}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case "list":
      return control.item.kind === "text" ? (
        <TagsInput
          {...shared}
          placeholder={texts.enterAfterEach}
          value={Array.isArray(value) ? value.filter((one) => typeof one === "string") : []}
          onChange={(given) => onChange(given.length === 0 ? null : given)}
        />
      ) : (
        <JsonField shared={shared} value={value} onChange={onChange} />
      );
    default:
      return <JsonField shared={shared} value={value} onChange={onChange} />;
  }
}

function JsonField({ shared, value, onChange }: { shared: { error: string | null } } & Pick<InputFieldProps, "value" | "onChange">) {
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
