import { Select, Switch, Textarea, TextInput } from "@mantine/core";

import type { Json } from "@/flow/drawing";
import { figureMistake } from "@/flow/figures";
import { isSeconds, secondsInWords, spanMistake } from "@/flow/spans";
import { FigureInput } from "@/parts/FigureInput";
import { Prose } from "@/parts/Prose";
import { configTexts as texts } from "@/texts/config";

import { errorOf, pathKey, useForm, useProblemAt } from "./FormContext";
import { Frame } from "./Frame";
import type { Controlled, ControlProps } from "./types";
import { hintOf } from "./hints";

/** A text in which nothing is filled in. */
export function PlainTextField({ field, control, path, value, onChange, isLong = false }: ControlProps & { isLong?: boolean }) {
  const { isReadOnly } = useForm();
  const shared = {
    value: typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value),
    placeholder: hintOf(field),
    readOnly: isReadOnly,
    ...(control.kind === "text" && control.most !== null ? { maxLength: control.most } : {}),
    onChange: (event: { currentTarget: { value: string } }) => onChange(event.currentTarget.value === "" ? undefined : event.currentTarget.value),
  };
  return (
    <Frame field={field} path={path}>
      {(id) => (isLong ? <Textarea id={id} autosize minRows={3} maxRows={12} {...shared} /> : <TextInput id={id} {...shared} />)}
    </Frame>
  );
}

export function NumberField({ field, control, path, value, unit, onChange }: Controlled<"number">) {
  const { isReadOnly } = useForm();
  const seconds = typeof value === "number" && isSeconds(field.name) ? secondsInWords(value) : null;
  const mistake = unit === undefined ? figureMistake(value, control) : spanMistake({ amount: value, unit }, control);
  return (
    <Frame field={field} path={path} error={mistake}>
      {(id) => (
        <FigureInput
          id={id}
          value={value}
          rule={control}
          placeholder={hintOf(field)}
          readOnly={isReadOnly}
          isWrong={mistake !== null}
          aside={seconds === null ? undefined : <small>{texts.seconds(seconds)}</small>}
          onChange={onChange}
        />
      )}
    </Frame>
  );
}

export function SwitchField({ field, path, value, onChange }: Controlled<"switch">) {
  const { isReadOnly } = useForm();
  const problem = useProblemAt(path, true);
  const standard = field.standard === true;
  return (
    <div data-path={pathKey(path)}>
      <Switch
        label={field.title}
        description={field.description === null ? undefined : <Prose text={field.description} />}
        error={errorOf(problem)}
        checked={typeof value === "boolean" ? value : standard}
        disabled={isReadOnly}
        onChange={(event) => onChange(event.currentTarget.checked === standard && !field.isRequired ? undefined : event.currentTarget.checked)}
      />
    </div>
  );
}

/** Values may be no texts: each is shown by its JSON. */
export function ChoiceField({ field, control, path, value, onChange }: Controlled<"choice">) {
  const { isReadOnly } = useForm();
  const standard = field.standard ?? undefined;
  const data = control.values.map((one) => ({ value: JSON.stringify(one), label: named(one, field.name) }));
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <Select
          id={id}
          data={data}
          value={value === undefined || value === null ? (standard === undefined ? null : JSON.stringify(standard)) : JSON.stringify(value)}
          placeholder={field.isRequired ? texts.choose : texts.optional}
          readOnly={isReadOnly}
          clearable={!field.isRequired && standard === undefined && !isReadOnly}
          allowDeselect={false}
          searchable={control.values.length > 8}
          comboboxProps={{ withinPortal: true }}
          onChange={(text) => {
            const chosen = text === null ? undefined : (JSON.parse(text) as Json);
            onChange(chosen === standard ? undefined : chosen);
          }}
        />
      )}
    </Frame>
  );
}

export function named(value: Json, field = ""): string {
  return texts.choice(typeof value === "string" ? value : JSON.stringify(value), field);
}
