import { NumberInput, Select } from "@mantine/core";

import { isObject } from "@/flow/drawing";
import { durationFrom } from "@/flow/spans";
import { sampleText } from "@/flow/templateText";
import { configTexts as texts } from "@/texts/config";

import { useForm } from "./FormContext";
import { GroupFrame } from "./Frame";
import classes from "./form.module.css";
import { named } from "./plain";
import type { Controlled } from "./types";

/** `{"amount": 2, "unit": "days"}` on one line; without an amount it is not set. */
export function DurationField({ field, control, path, value, onChange }: Controlled<"group">) {
  const { isReadOnly } = useForm();
  const unit = control.fields.find((one) => one.name === "unit");
  const set = isObject(value) ? value : {};
  const units = unit?.control.kind === "choice" ? unit.control.values : [];
  return (
    <GroupFrame field={field} path={path}>
      <div className={classes.half}>
        <NumberInput
          aria-label={texts.duration.amount(field.title)}
          placeholder={texts.optional}
          value={typeof set["amount"] === "number" ? set["amount"] : ""}
          min={0}
          readOnly={isReadOnly}
          onChange={(given) => onChange(durationFrom(set, { amount: typeof given === "number" ? given : null }))}
        />
        <Select
          aria-label={texts.duration.unit(field.title)}
          data={units.map((one) => ({ value: sampleText(one), label: named(one) }))}
          value={typeof set["unit"] === "string" ? set["unit"] : sampleText(unit?.standard ?? "minutes")}
          allowDeselect={false}
          readOnly={isReadOnly}
          onChange={(chosen) => onChange(durationFrom(set, { unit: chosen ?? "minutes" }))}
        />
      </div>
    </GroupFrame>
  );
}
