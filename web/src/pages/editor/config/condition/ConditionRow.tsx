import { Checkbox, Select } from "@mantine/core";
import type { ReactNode } from "react";

import type { Leaf, Path } from "@/flow/conditionTree";
import { withKey } from "@/flow/formValues";
import { columnAsked } from "@/flow/knownValues";
import { canIgnoreCase, withOperator } from "@/flow/operators";
import { variableAt } from "@/flow/templateText";
import { useForm } from "@/pages/editor/config/form/FormContext";
import { useKnownValues } from "@/pages/editor/config/records/useKnownValues";
import { conditionTexts as texts } from "@/texts/conditions";
import { flowTexts } from "@/texts/flow";

import { useBuilder } from "./BuilderContext";
import classes from "./condition.module.css";
import { FieldPicker } from "./FieldPicker";
import { Operand } from "./Operand";

interface ConditionRowProps {
  readonly leaf: Leaf;
  readonly path: Path;
  readonly number: number;
  readonly menu: ReactNode;
}

/** Field, operator, value. */
export function ConditionRow({ leaf, path, number, menu }: ConditionRowProps) {
  const { fields, operators, replace, isReadOnly } = useBuilder();
  const { table } = useForm();
  const inUse = useKnownValues(table)(columnAsked(leaf.field));
  const set = (next: Leaf) => replace(path, next);
  const operator = operators.find((one) => one.name === leaf.operator) ?? { name: leaf.operator, operand: "value" in leaf.rest ? ("any" as const) : ("nothing" as const) };
  // Two values, or a list of them, need the whole line.
  const isOneLine = !["nothing", "change", "pair", "list"].includes(operator.operand);
  const known = operators.some((one) => one.name === leaf.operator) ? operators : [...operators, operator];
  return (
    <div className={classes.row} role="group" aria-label={texts.row(number)}>
      <div className={classes.line}>
        <FieldPicker value={leaf.field} onChange={(field) => set({ ...leaf, field })} />
        {menu}
      </div>
      <div className={isOneLine ? classes.compared : classes.stacked}>
        <Select
          aria-label={texts.operator}
          data={known.map(({ name, operand }) => ({ value: name, label: operatorName(name, operand) }))}
          value={leaf.operator}
          readOnly={isReadOnly}
          allowDeselect={false}
          maxDropdownHeight={320}
          comboboxProps={{ width: "max-content", position: "bottom-start" }}
          onChange={(name) => {
            const next = operators.find((one) => one.name === name);
            if (next !== undefined) set(withOperator(leaf, next));
          }}
        />
        <Operand leaf={leaf} operand={operator.operand} sample={variableAt(fields, leaf.field)?.sample} known={inUse} onChange={(rest) => set({ ...leaf, rest })} />
      </div>
      {canIgnoreCase(leaf.operator, leaf.rest["value"]) && (
        <Checkbox
          size="xs"
          label={texts.ignoreCase}
          checked={leaf.rest["ignore_case"] === true}
          disabled={isReadOnly}
          onChange={(event) => {
            set({ ...leaf, rest: withKey(leaf.rest, "ignore_case", event.currentTarget.checked || undefined) });
          }}
        />
      )}
    </div>
  );
}

function operatorName(name: string, operand: string): string {
  return operand === "change" ? texts.changes : (flowTexts.condition.operators[name] ?? name);
}
