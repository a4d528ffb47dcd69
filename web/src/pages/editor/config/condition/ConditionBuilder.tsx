import { Text } from "@mantine/core";

import { conditionFields, hasBefore } from "@/flow/conditionFields";
import { addAt, at, type Condition, type Leaf, moveAt, negateAt, type Path, replaceAt, writeCondition } from "@/flow/conditionTree";
import type { Json } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import type { FieldPath } from "@/flow/formValues";
import { CHANGED, operatorsOf } from "@/flow/operators";
import { ruleKey } from "@/flow/stepForm";
import { conditionTexts as texts } from "@/texts/conditions";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { useColumns } from "@/pages/editor/config/records/useColumns";
import { useExpressions } from "@/pages/editor/config/template/FilterList";
import { BuilderContext } from "./BuilderContext";
import { AddButtons, ConditionPart } from "./ConditionPart";

interface ConditionBuilderProps {
  readonly field: Field;
  readonly path: FieldPath;
  /** Null: there is none yet. */
  readonly condition: Condition | null;
  readonly isReadOnly: boolean;
  readonly onChange: (value: Json | undefined) => void;
}

const NEW: Leaf = { kind: "leaf", field: "", operator: "equals", rest: { value: "" } };
const ROOT: Path = [];

export function ConditionBuilder({ field, path, condition, isReadOnly, onChange }: ConditionBuilderProps) {
  const { nodeType, config, sources, table } = useForm();
  const columns = useColumns(table);
  const { data } = useExpressions();
  const rule = ruleKey(path);
  const fields = conditionFields({ nodeType, path: rule, config, sources, columns });
  const operators = operatorsOf(data?.conditions ?? []).filter((one) => one.name !== CHANGED || hasBefore(nodeType, config));
  const set = (next: Condition | null) => onChange(next === null ? (field.isRequired ? { all: [] } : undefined) : writeCondition(next));
  const isEmpty = condition === null || ((condition.kind === "all" || condition.kind === "any") && condition.children.length === 0);
  const builder = {
    field,
    fields,
    operators,
    isReadOnly,
    replace: (where: Path, part: Condition) => condition !== null && set(replaceAt(condition, where, part)),
    remove: (where: Path) => condition !== null && set(replaceAt(condition, where, null)),
    add: (where: Path) => set(condition === null || isEmpty ? NEW : addAt(condition, where, NEW)),
    addGroup: (where: Path) => {
      const group: Condition = { kind: "any", children: [NEW, NEW] };
      set(condition === null || isEmpty ? group : addAt(condition, where, group));
    },
    nest: (where: Path) => {
      const found = condition === null ? null : at(condition, where);
      if (condition !== null && found !== null) set(replaceAt(condition, where, { kind: "any", children: [found, NEW] }));
    },
    move: (where: Path, by: -1 | 1) => condition !== null && set(moveAt(condition, where, by)),
    negate: (where: Path) => condition !== null && set(negateAt(condition, where)),
  };
  return (
    <BuilderContext value={builder}>
      {condition === null || isEmpty ? (
        <>
          <Text size="sm" c="dimmed" mb={6}>
            {texts.always}
          </Text>
          <AddButtons path={ROOT} />
        </>
      ) : (
        <ConditionPart condition={condition} path={ROOT} number={1} count={1} />
      )}
      {condition !== null && !isEmpty && condition.kind !== "all" && condition.kind !== "any" && <AddButtons path={ROOT} />}
    </BuilderContext>
  );
}
