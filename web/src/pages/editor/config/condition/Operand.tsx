import { Select, TagsInput } from "@mantine/core";

import type { Leaf } from "@/flow/conditionTree";
import type { Json, JsonObject } from "@/flow/drawing";
import { listOf, withItem, withKey } from "@/flow/formValues";
import { comparedWith, type Operand as Kind, operandText } from "@/flow/operators";
import { OfferedInput } from "@/parts/OfferedInput";
import { conditionTexts as texts } from "@/texts/conditions";

import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import { useBuilder } from "./BuilderContext";
import classes from "./condition.module.css";

interface OperandProps {
  readonly leaf: Leaf;
  readonly operand: Kind;
  readonly sample: Json | undefined;
  /** Values that stand in the column already. */
  readonly known: readonly string[];
  readonly onChange: (rest: JsonObject) => void;
}

/** What the field is compared with, as the operator takes it. */
export function Operand({ leaf, operand, sample, known, onChange }: OperandProps) {
  const { isReadOnly } = useBuilder();
  const { value } = leaf.rest;
  const set = (next: Json) => onChange({ ...leaf.rest, value: next });
  switch (operand) {
    case "nothing":
      return null;
    case "change":
      return (
        <div className={classes.two}>
          <Compared known={known} label={texts.from} hint={texts.anything} value={leaf.rest["from"]} sample={sample} operand="any" onChange={(next) => onChange(withKey(leaf.rest, "from", next))} />
          <Compared known={known} label={texts.to} hint={texts.anything} value={leaf.rest["to"]} sample={sample} operand="any" onChange={(next) => onChange(withKey(leaf.rest, "to", next))} />
        </div>
      );
    case "pair": {
      const [first = "", second = ""] = listOf(value);
      return (
        <div className={classes.two}>
          <Compared known={known} label={texts.first} value={first} sample={sample} operand="comparable" onChange={(next) => set(withItem([first, second], 0, next ?? ""))} />
          <Compared known={known} label={texts.second} value={second} sample={sample} operand="comparable" onChange={(next) => set(withItem([first, second], 1, next ?? ""))} />
        </div>
      );
    }
    case "list":
      if (typeof value === "string") return <Compared known={known} label={texts.value} value={value} sample={sample} operand="text" onChange={(next) => set(next ?? "")} />;
      return (
        <TagsInput
          aria-label={texts.value}
          data={[...known]}
          placeholder={listOf(value).length === 0 ? texts.listHint : undefined}
          value={listOf(value).map(operandText)}
          readOnly={isReadOnly}
          acceptValueOnBlur
          onChange={(tags) => set(tags.map((tag) => comparedWith(tag, sample, "any")))}
        />
      );
    default:
      return <Compared known={known} label={texts.value} value={value} sample={sample} operand={operand} hint={operand === "time" ? texts.timeHint : undefined} onChange={(next) => set(next ?? "")} />;
  }
}

interface ComparedProps {
  readonly label: string;
  readonly value: Json | undefined;
  readonly sample: Json | undefined;
  readonly operand: Kind;
  readonly hint?: string | undefined;
  readonly known: readonly string[];
  readonly onChange: (value: Json | undefined) => void;
}

function Compared({ label, value, sample, operand, hint, known, onChange }: ComparedProps) {
  const { field, isReadOnly } = useBuilder();
  const set = (text: string | undefined) => onChange(text === undefined || text === "" ? undefined : comparedWith(text, sample, operand));
  if (typeof sample === "boolean" && (value === undefined || value === "" || typeof value === "boolean")) {
    return (
      <Select
        aria-label={label}
        data={[
          { value: "true", label: texts.yes },
          { value: "false", label: texts.no },
        ]}
        value={typeof value === "boolean" ? String(value) : null}
        readOnly={isReadOnly}
        onChange={(chosen) => set(chosen ?? undefined)}
      />
    );
  }
  if (!field.isTemplate) {
    return <OfferedInput aria-label={label} placeholder={hint ?? label} data={[...known]} value={operandText(value)} readOnly={isReadOnly} onChange={set} />;
  }
  return <TemplateInput label={label} title={label} field={field} placeholder={hint ?? label} value={operandText(value)} known={known} onChange={set} />;
}
