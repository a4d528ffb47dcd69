import { Select } from "@mantine/core";
import { useState } from "react";

import { isObject, type Json } from "@/flow/drawing";
import type { Variant } from "@/flow/formFields";
import { asVariant, variantOf } from "@/flow/formValues";
import { configTexts as texts } from "@/texts/config";

import { Form } from "./Form";
import { useForm } from "./FormContext";
import { Frame } from "./Frame";
import classes from "./form.module.css";
import { named } from "./plain";
import type { Controlled } from "./types";

const NONE = "none";

/** One of several forms of a value. What was typed into one is there again when one comes back to it. */
export function VariantsField({ field, control, path, value, onChange }: Controlled<"variants">) {
  const { isReadOnly } = useForm();
  const [before, setBefore] = useState<ReadonlyMap<number, Json>>(new Map());
  const chosen = variantOf(control.variants, value);
  const variant = control.variants[chosen];
  const inner = variant?.control;
  const choose = (index: number) => {
    if (value !== undefined && chosen >= 0) setBefore(new Map(before).set(chosen, value));
    const next = control.variants[index];
    onChange(next === undefined ? undefined : asVariant(next, value, before.get(index)));
  };
  return (
    <div>
      <Frame field={field} path={path}>
        {(id) => (
          <Select
            id={id}
            readOnly={isReadOnly}
            data={[
              ...(field.isRequired ? [] : [{ value: NONE, label: texts.variants.none }]),
              ...control.variants.map((one, index) => ({ value: String(index), label: titleOf(one) })),
            ]}
            value={chosen < 0 ? (field.isRequired ? null : NONE) : String(chosen)}
            placeholder={texts.choose}
            allowDeselect={false}
            onChange={(text) => choose(text === null || text === NONE ? -1 : Number(text))}
          />
        )}
      </Frame>
      {inner?.kind === "group" && (
        <div className={classes.inner} style={{ marginBlockStart: 10 }}>
          <Form
            fields={inner.fields.filter((one) => one.name !== variant?.tag?.[0])}
            value={isObject(value) ? value : {}}
            path={path}
            onChange={onChange}
          />
        </div>
      )}
    </div>
  );
}

function titleOf({ tag, title, control }: Variant): string {
  if (tag !== null) return named(tag[1]);
  return control.kind === "choice" && control.values[0] !== undefined ? named(control.values[0]) : title;
}
