import { Textarea } from "@mantine/core";
import { useState } from "react";

import type { Json } from "@/flow/drawing";
import { jsonText, readJson, sameJson } from "@/flow/formValues";
import { configTexts as texts } from "@/texts/config";

import { useForm } from "./FormContext";
import classes from "./form.module.css";

interface JsonInputProps {
  readonly id?: string;
  readonly label?: string;
  readonly value: Json | undefined;
  readonly onChange: (value: Json | undefined) => void;
  readonly rows?: number;
}

/** Checked as it is typed. What is no JSON yet stays in the field, and what was set before stays set. */
export function JsonInput({ id, label, value, onChange, rows = 4 }: JsonInputProps) {
  const { isReadOnly } = useForm();
  const [typed, setTyped] = useState<string | null>(null);
  const read = typed === null ? null : readJson(typed);
  const mistake = read !== null && "mistake" in read ? read.mistake : null;
  // Something else came from outside: undo, say.
  const isOurs = read !== null && ("mistake" in read || sameJson(read.value, value));
  return (
    <Textarea
      {...(id === undefined ? {} : { id })}
      aria-label={label}
      value={typed !== null && isOurs ? typed : jsonText(value)}
      readOnly={isReadOnly}
      autosize
      minRows={rows}
      maxRows={16}
      spellCheck={false}
      classNames={{ input: classes.code }}
      error={mistake === null ? null : texts.notJson(mistake)}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        const next = readJson(text);
        if (!("mistake" in next)) onChange(next.value);
      }}
      onBlur={() => {
        if (mistake === null) setTyped(null);
      }}
    />
  );
}
