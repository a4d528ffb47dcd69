import { ActionIcon, Stack } from "@mantine/core";
import { X } from "lucide-react";

import type { Json } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { type FieldPath, listOf, withItem, withoutItem } from "@/flow/formValues";
import { configTexts } from "@/texts/config";

import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import { AddButton } from "./AddButton";
import { useForm } from "./FormContext";
import classes from "./form.module.css";

const texts = configTexts.list;

interface TextListProps {
  readonly field: Field;
  readonly path: FieldPath;
  readonly value: Json | undefined;
  readonly onChange: (value: Json) => void;
}

/** Texts, one a row. */
export function TextList({ field, value, onChange }: TextListProps) {
  const { isReadOnly } = useForm();
  const items = listOf(value);
  return (
    <Stack gap={6}>
      {items.map((item, index) => (
        <div key={index} className={classes.row}>
          <TemplateInput
            label={texts.item(field.title, index + 1)}
            title={texts.item(field.title, index + 1)}
            field={field}
            value={typeof item === "string" ? item : JSON.stringify(item)}
            onChange={(next) => onChange(withItem(items, index, next ?? ""))}
          />
          {!isReadOnly && (
            <ActionIcon variant="subtle" color="gray" size="sm" mt={7} aria-label={texts.remove(field.title, index + 1)} onClick={() => onChange(withoutItem(items, index))}>
              <X size={15} />
            </ActionIcon>
          )}
        </div>
      ))}
      {!isReadOnly && <AddButton text={texts.addShort} label={texts.add(field.title)} onAdd={() => onChange([...items, ""])} />}
    </Stack>
  );
}
