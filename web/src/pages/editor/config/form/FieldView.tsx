import { ActionIcon, MultiSelect, TagsInput, Tooltip } from "@mantine/core";
import { SquareFunction, Undo2 } from "lucide-react";

import { isExpression, listOf } from "@/flow/formValues";
import { ruleKey, widgetOf } from "@/flow/stepForm";
import { isLoose, isScalarList, isSpan } from "@/flow/controlKinds";
import { sampleText } from "@/flow/templateText";
import { literal } from "@/flow/valueKinds";
import { configTexts } from "@/texts/config";

import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import { DurationField } from "./DurationField";
import { useForm } from "./FormContext";
import { Frame } from "./Frame";
import classes from "./form.module.css";
import { GroupField } from "./GroupField";
import { hintOf } from "./hints";
import { ListField } from "./ListField";
import { PairsField } from "./PairsField";
import { ChoiceField, named, NumberField, PlainTextField, SwitchField } from "./plain";
import type { ControlProps } from "./types";
import { TextField } from "./TextField";
import { ValueField } from "./ValueField";
import { VariantsField } from "./VariantsField";
import { WIDGETS } from "./widgets";

const texts = configTexts.expression;

/** One field, by what its schema says of it. */
export function FieldView(props: ControlProps) {
  const { nodeType } = useForm();
  const { field, path, value } = props;
  const widget = widgetOf(nodeType, ruleKey(path), field);
  const Widget = widget === null ? undefined : WIDGETS[widget];
  if (Widget !== undefined) return <Widget {...props} />;
  if (field.isTemplate && props.control.kind !== "text" && takesExpression(props) && isExpression(value)) return <ExpressionField {...props} />;
  return <ByKind {...props} />;
}

function ByKind(props: ControlProps) {
  const { field, control } = props;
  switch (control.kind) {
    case "text":
      return field.isTemplate || field.isSecret ? <TextField {...props} /> : <PlainTextField {...props} />;
    case "number":
      return <WithExpression {...props}>{<NumberField {...props} control={control} />}</WithExpression>;
    case "switch":
      return <SwitchField {...props} control={control} />;
    case "choice":
      return <WithExpression {...props}>{<ChoiceField {...props} control={control} />}</WithExpression>;
    case "list":
      if (control.item.kind === "choice") return <ChoicesField {...props} />;
      return isScalarList(control) && !field.isTemplate ? <TagsField {...props} /> : <ListField {...props} control={control} />;
    case "group":
      return isSpan(control) ? <DurationField {...props} control={control} /> : <GroupField {...props} control={control} />;
    case "pairs":
      return <PairsField {...props} control={control} />;
    case "variants":
      return isLoose(control) ? <ValueField {...props} /> : <VariantsField {...props} control={control} />;
    case "json":
      return <ValueField {...props} />;
  }
}


/** Where the schema has a figure or a choice, and somebody wants it worked out instead. */
function ExpressionField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const back = isReadOnly ? undefined : (
    <Tooltip label={texts.fixed(field.title)}>
      <ActionIcon size="sm" variant="subtle" color="gray" aria-label={texts.fixed(field.title)} onClick={() => onChange(undefined)}>
        <Undo2 size={14} />
      </ActionIcon>
    </Tooltip>
  );
  return (
    <Frame field={field} path={path} actions={back}>
      {(id) => <TemplateInput id={id} title={field.title} field={field} value={typeof value === "string" ? value : ""} onChange={(next) => onChange(next ?? texts.placeholder)} />}
    </Frame>
  );
}

function WithExpression({ children, ...props }: ControlProps & { children: React.ReactNode }) {
  const { isReadOnly } = useForm();
  const { field, onChange } = props;
  if (isReadOnly || !takesExpression(props)) return children;
  return (
    <div className={`${classes.frame ?? ""} ${classes.withIcon ?? ""}`}>
      {children}
      <div className={classes.actions}>
        <Tooltip label={texts.use(field.title)}>
          <ActionIcon size="sm" variant="subtle" color="gray" aria-label={texts.use(field.title)} onClick={() => onChange(texts.placeholder)}>
            <SquareFunction size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
    </div>
  );
}

function takesExpression({ field, control }: ControlProps): boolean {
  return field.isTemplate && (control.kind === "number" || control.kind === "choice" || control.kind === "group");
}

function ChoicesField({ field, control, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const values = control.kind === "list" && control.item.kind === "choice" ? control.item.values : [];
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <MultiSelect
          id={id}
          data={values.map((one) => ({ value: sampleText(one), label: named(one, field.name) }))}
          value={listOf(value).map(sampleText)}
          readOnly={isReadOnly}
          placeholder={listOf(value).length === 0 ? (hintOf(field) ?? configTexts.choose) : undefined}
          // In the order of the schema, whatever was chosen first.
          onChange={(chosen) => onChange(chosen.length === 0 ? undefined : values.filter((one) => chosen.includes(sampleText(one))))}
        />
      )}
    </Frame>
  );
}

function TagsField({ field, control, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const takesNumbers = control.kind === "list" && control.item.kind !== "text";
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <TagsInput
          id={id}
          value={listOf(value).map(sampleText)}
          readOnly={isReadOnly}
          placeholder={listOf(value).length === 0 ? hintOf(field) : undefined}
          splitChars={[","]}
          acceptValueOnBlur
          onChange={(tags) => onChange(tags.length === 0 ? undefined : tags.map((tag) => (takesNumbers ? literal(tag) : tag)))}
        />
      )}
    </Frame>
  );
}
