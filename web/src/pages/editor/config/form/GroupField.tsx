import { Button } from "@mantine/core";
import { Plus, X } from "lucide-react";

import { isObject } from "@/flow/drawing";
import { unlessEmpty } from "@/flow/formValues";
import { configTexts as texts } from "@/texts/config";

import { Form } from "./Form";
import { useForm } from "./FormContext";
import { GroupFrame } from "./Frame";
import classes from "./form.module.css";
import type { Controlled } from "./types";

/** What may be left out is a button until somebody wants it. */
export function GroupField({ field, control, path, value, onChange }: Controlled<"group">) {
  const { isReadOnly } = useForm();
  const isSet = isObject(value);
  if (!isSet && !field.isRequired) {
    return (
      <GroupFrame field={field} path={path}>
        <Button size="compact-sm" variant="default" leftSection={<Plus size={14} />} disabled={isReadOnly} aria-label={texts.setUp(field.title)} onClick={() => onChange({})}>
          {texts.setUpShort}
        </Button>
      </GroupFrame>
    );
  }
  const leave = field.isRequired || isReadOnly ? undefined : (
    <Button size="compact-xs" variant="subtle" color="gray" leftSection={<X size={12} />} aria-label={texts.leaveOut(field.title)} onClick={() => onChange(undefined)}>
      {texts.leave}
    </Button>
  );
  return (
    <GroupFrame field={field} path={path} actions={leave}>
      <div className={classes.inner}>
        <Form
          fields={control.fields}
          value={isSet ? value : {}}
          path={path}
          onChange={(next) => onChange(field.isRequired ? next : (unlessEmpty(next) ?? {}))}
        />
      </div>
    </GroupFrame>
  );
}
