import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";

import type { RecordKind } from "@/flow/inputForm";
import { editorTestTexts } from "@/texts/editor-test";

import { useRecords } from "./records";

const texts = editorTestTexts.record;

interface RecordPickerProps {
  account: string;
  kind: RecordKind;
  value: string | null;
  onChange: (id: string | null) => void;
  isRequired?: boolean;
  /** In a list of filters it has no label over it. */
  placeholder?: string;
  clearLabel?: string;
}

export function RecordPicker({ account, kind, value, onChange, isRequired = false, placeholder, clearLabel }: RecordPickerProps) {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text, 250);
  const found = useRecords(account, kind, search);
  const known = value === null || found.some((one) => one.value === value);
  const name = placeholder ?? texts[kind];
  return (
    <Select
      searchable
      {...(clearLabel === undefined ? {} : { clearable: true, clearButtonProps: { "aria-label": clearLabel }, size: "xs" })}
      {...(placeholder === undefined ? { label: name } : { "aria-label": name })}
      placeholder={placeholder ?? texts.search}
      nothingFoundMessage={texts.none}
      data={known ? [...found] : [...found, { value, label: value.slice(0, 8) }]}
      // The server has searched, in more than the name.
      filter={({ options }) => options}
      value={value}
      onChange={onChange}
      onSearchChange={(typed) => setText(found.some((one) => one.label === typed) ? "" : typed)}
      withAsterisk={isRequired}
    />
  );
}
