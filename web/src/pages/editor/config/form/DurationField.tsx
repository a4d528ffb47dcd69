import { Input, Select } from "@mantine/core";
import { useState } from "react";

import { ANY_FIGURE } from "@/flow/figures";
import { firstUnit, spanFrom, spanMistake, spanOf } from "@/flow/spans";
import { sampleText } from "@/flow/templateText";
import { FigureInput } from "@/parts/FigureInput";
import { configTexts as texts } from "@/texts/config";

import { useForm, useProblemAt } from "./FormContext";
import { GroupFrame } from "./Frame";
import classes from "./form.module.css";
import { named } from "./plain";
import type { Controlled } from "./types";

/** `{"amount": 2, "unit": "days"}` on one line; without an amount it is not set. */
export function DurationField({ field, control, path, value, onChange }: Controlled<"group">) {
  const { isReadOnly } = useForm();
  const [amountField, unitField] = control.fields;
  const standard = sampleText(unitField?.standard ?? "minutes");
  const units = unitField?.control.kind === "choice" ? unitField.control.values : [];
  // A unit that is chosen first waits here for its amount.
  const [chosen, setChosen] = useState(firstUnit(units.map(sampleText), standard));
  const span = spanOf(value, value === undefined || value === null ? chosen : standard);
  const rule = amountField?.control.kind === "number" ? amountField.control : ANY_FIGURE;
  const ofAmount = useProblemAt([...path, "amount"], true);
  const ofUnit = useProblemAt([...path, "unit"], true);
  const mistake = spanMistake(span, rule) ?? (ofAmount ?? ofUnit)?.message;
  return (
    <GroupFrame field={field} path={path}>
      <Input.Wrapper error={mistake} errorProps={{ mt: 4 }}>
        <div className={classes.half}>
          <FigureInput
            label={texts.duration.amount(field.title)}
            placeholder={texts.optional}
            value={span.amount}
            rule={rule}
            isWrong={mistake !== undefined}
            readOnly={isReadOnly}
            onChange={(amount) => {
              setChosen(span.unit);
              onChange(spanFrom({ ...span, amount }));
            }}
          />
          <Select
            aria-label={texts.duration.unit(field.title)}
            data={units.map((one) => ({ value: sampleText(one), label: named(one) }))}
            value={span.unit}
            allowDeselect={false}
            readOnly={isReadOnly}
            onChange={(unit) => {
              if (unit === null) return;
              setChosen(unit);
              if (span.amount !== undefined) onChange(spanFrom({ ...span, unit }));
            }}
          />
        </div>
      </Input.Wrapper>
    </GroupFrame>
  );
}
