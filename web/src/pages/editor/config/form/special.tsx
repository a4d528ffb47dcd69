import { Textarea } from "@mantine/core";
import type { KeyboardEvent } from "react";

import { indented } from "@/flow/codeText";

import { useForm } from "./FormContext";
import { Frame } from "./Frame";
import classes from "./form.module.css";
import { hintOf } from "./hints";
import { JsonInput } from "./JsonField";
import { PlainTextField } from "./plain";
import type { ControlProps } from "./types";
import { TextField } from "./TextField";
import { ValueField } from "./ValueField";

const ANY = { kind: "json" } as const;

export function LongTextField(props: ControlProps) {
  const { field, control } = props;
  if (control.kind === "json") return <ValueField {...props} isLong />;
  return field.isTemplate ? <TextField {...props} isLong /> : <PlainTextField {...props} isLong />;
}

/** A template that gives a list or any value, or that value. */
export function ItemsField(props: ControlProps) {
  return props.field.isTemplate ? <ValueField {...props} control={ANY} /> : <RawJsonField {...props} />;
}

export function RawJsonField({ field, path, value, onChange }: ControlProps) {
  return <Frame field={field} path={path}>{(id) => <JsonInput id={id} value={value} onChange={onChange} />}</Frame>;
}

/** The tabulator indents; Escape and then the tabulator goes on, so that nobody is caught in here. */
export function CodeField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const onKeyDown = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    const area = event.currentTarget;
    if (event.key === "Escape") area.dataset["leaves"] = "";
    if (event.key !== "Tab" || isReadOnly || area.dataset["leaves"] !== undefined) return;
    event.preventDefault();
    const next = indented(area.value, area.selectionStart, area.selectionEnd, event.shiftKey);
    onChange(next.text);
    requestAnimationFrame(() => area.setSelectionRange(next.start, next.end));
  };
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <Textarea
          id={id}
          value={typeof value === "string" ? value : ""}
          placeholder={hintOf(field)}
          readOnly={isReadOnly}
          autosize
          minRows={8}
          maxRows={24}
          spellCheck={false}
          wrap="off"
          classNames={{ input: classes.code }}
          onKeyDown={onKeyDown}
          onBlur={(event) => delete event.currentTarget.dataset["leaves"]}
          onChange={(event) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value)}
        />
      )}
    </Frame>
  );
}
