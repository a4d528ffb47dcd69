import { Input, Select, Switch } from "@mantine/core";
import type { ReactNode } from "react";

import type { Json } from "@/flow/drawing";
import type { Control, Field } from "@/flow/formFields";
import type { FieldPath } from "@/flow/formValues";
import { sampleText } from "@/flow/templateText";
import { asKind, kindOf, kindsOf, type ValueKind } from "@/flow/valueKinds";
import { configTexts as texts } from "@/texts/config";

import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import { useForm, useProblemAt } from "./FormContext";
import classes from "./form.module.css";
import { LooseFigure } from "./LooseFigure";
import { JsonInput } from "./JsonField";
import { named } from "./plain";
import { TextList } from "./TextList";

export interface ValueInputProps {
  readonly id?: string;
  readonly field: Field;
  readonly control: Control;
  readonly path: FieldPath;
  readonly value: Json | undefined;
  readonly label: string;
  readonly isLong?: boolean;
  /** Values that stand there already. */
  readonly known?: readonly string[];
  readonly onChange: (value: Json | undefined) => void;
}

/** A value without a label of its own: of a row, of a list. */
export function ValueInput(props: ValueInputProps) {
  const { control, value } = props;
  return <OfKind {...props} kind={kindOf(value, kindsOf(control))} />;
}

/** Of a value that may be of several. */
export function KindSelect({ control, value, label, onChange }: Pick<ValueInputProps, "control" | "value" | "label" | "onChange">) {
  const { isReadOnly } = useForm();
  const kinds = kindsOf(control);
  if (isReadOnly || kinds.length < 2) return null;
  return (
    <Select
      aria-label={texts.kindOf(label)}
      size="xs"
      w={104}
      variant="unstyled"
      classNames={{ input: classes.kind }}
      data={kinds.map((one) => ({ value: one, label: texts.kinds[one] }))}
      value={kindOf(value, kinds)}
      allowDeselect={false}
      onChange={(chosen) => chosen !== null && onChange(asKind(chosen, value))}
    />
  );
}

function WithError({ error, input }: { error: string | undefined; input: ReactNode }) {
  return (
    <>
      {input}
      {error !== undefined && <Input.Error mt={4}>{error}</Input.Error>}
    </>
  );
}

function OfKind({ kind, id, field, control, path, value, label, isLong, known, onChange }: ValueInputProps & { kind: ValueKind }) {
  const { isReadOnly } = useForm();
  const problem = useProblemAt(path, true);
  const named_ = id === undefined ? { "aria-label": label } : { id };
  const error = problem?.isError === true ? problem.message : undefined;
  // Around it, a frame says what is wrong.
  const isFramed = id !== undefined;
  switch (kind) {
    case "number":
      return (
        <LooseFigure {...(id === undefined ? { label } : { id })} value={value} error={error} isFramed={isFramed} readOnly={isReadOnly} onChange={onChange} />
      );
    case "switch":
      return (
        <Switch
          aria-label={label}
          {...(id === undefined ? {} : { id })}
          pt={8}
          label={value === true ? texts.on : texts.off}
          checked={value === true}
          disabled={isReadOnly}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      );
    case "list":
      return <WithError error={isFramed ? undefined : error} input={<TextList field={field} path={path} value={value} onChange={onChange} />} />;
    case "json":
      return <WithError error={isFramed ? undefined : error} input={<JsonInput {...(id === undefined ? { label } : { id })} value={value} onChange={onChange} rows={2} />} />;
    case "null":
      return null;
    case "text":
      if (control.kind === "choice") {
        return (
          <Select
            {...named_}
            data={control.values.map((one) => ({ value: sampleText(one), label: named(one) }))}
            value={typeof value === "string" ? value : null}
            readOnly={isReadOnly}
            onChange={(chosen) => onChange(chosen ?? undefined)}
          />
        );
      }
      return (
        <TemplateInput
          {...(id === undefined ? { label } : { id })}
          title={label}
          field={field}
          value={typeof value === "string" ? value : ""}
          error={isFramed ? null : (error ?? null)}
          isWrong={problem?.isError === true}
          isLong={isLong ?? false}
          {...(known === undefined ? {} : { known })}
          onChange={onChange}
        />
      );
  }
}
