import { Stack } from "@mantine/core";

import type { JsonObject } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { type FieldPath, withKey } from "@/flow/formValues";
import { afterChoice, isNeeded, isShown, ruleKey } from "@/flow/stepForm";

import { FieldView } from "./FieldView";
import classes from "./form.module.css";
import { useForm } from "./FormContext";
import { inRows, unitOf } from "./rows";

interface FormProps {
  readonly fields: readonly Field[];
  readonly value: JsonObject;
  readonly path?: FieldPath;
  /** `field`: the one at the top that was changed. */
  readonly onChange: (value: JsonObject, field: string) => void;
}

const TOP: FieldPath = [];

/** Fields one below the other; an amount has its unit beside it. */
export function Form({ fields, value, path = TOP, onChange }: FormProps) {
  const { nodeType } = useForm();
  const shown = fields
    .filter((field) => isShown(nodeType, ruleKey([...path, field.name]), value[field.name], value))
    .map((field) => (isNeeded(nodeType, ruleKey([...path, field.name]), value) ? { ...field, isRequired: true } : field));
  const kept = (next: JsonObject, chosen: string) => (path.length === 0 ? afterChoice(nodeType, next, chosen) : next);
  return (
    <Stack gap="md">
      {inRows(shown).map((row) => (
        <div key={row[0]?.name} className={row.length > 1 ? classes.fields : undefined}>
          {row.map((field) => (
            <FieldView
              key={field.name}
              field={field}
              control={field.control}
              path={[...path, field.name]}
              value={value[field.name]}
              unit={unitOf(field, fields, value)}
              onChange={(next) => onChange(kept(withKey(value, field.name, next), field.name), [...path, field.name].join("/"))}
            />
          ))}
        </div>
      ))}
    </Stack>
  );
}
