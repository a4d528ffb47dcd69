import { ActionIcon, Stack } from "@mantine/core";
import { X } from "lucide-react";
import { useState } from "react";

import { isObject, type Json } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { emptyOf, fromPairs, type Pair, pairsOf, repeatedNames, sameJson, withItem, withoutItem } from "@/flow/formValues";
import { OfferedInput } from "@/parts/OfferedInput";
import { configTexts } from "@/texts/config";

import { AddButton } from "./AddButton";
import { Form } from "./Form";
import { useForm } from "./FormContext";
import { GroupFrame } from "./Frame";
import classes from "./form.module.css";
import type { Controlled } from "./types";
import { KindSelect, ValueInput } from "./ValueInput";

const texts = configTexts.pairs;

interface PairsFieldProps extends Controlled<"pairs"> {
  /** Names that there may be: columns of a table. */
  readonly names?: readonly string[];
  /** Values that stand in a column already. */
  readonly known?: (name: string) => readonly string[];
}

/** Names and values. A row whose name is not typed yet is here and nowhere else. */
export function PairsField({ field, control, path, value, onChange, names = [], known }: PairsFieldProps) {
  const { isReadOnly } = useForm();
  const [rows, setRows] = useState<readonly Pair[]>(() => pairsOf(value));
  const isOurs = sameJson(fromPairs(rows) ?? {}, isObject(value) ? value : {});
  const shown = isOurs ? rows : pairsOf(value);
  const repeated = repeatedNames(shown);
  const set = (next: readonly Pair[]) => {
    setRows(next);
    onChange(fromPairs(next));
  };
  return (
    <GroupFrame field={field} path={path}>
      <Stack gap={8}>
        {shown.map(([name, inner], index) => (
          <Row
            key={index}
            field={field}
            control={control}
            path={[...path, name]}
            name={name}
            value={inner}
            index={index}
            names={names}
            {...(known === undefined ? {} : { known: known(name) })}
            isRepeated={repeated.has(name)}
            onName={(next) => set(withItem(shown, index, [next, inner]))}
            onValue={(next) => set(withItem(shown, index, [name, next ?? ""]))}
            onRemove={() => set(withoutItem(shown, index))}
          />
        ))}
        {!isReadOnly && (
          <AddButton text={texts.add} label={`${texts.add}: ${field.title}`} onAdd={() => set([...shown, ["", emptyOf(control.value)]])} />
        )}
      </Stack>
    </GroupFrame>
  );
}

interface RowProps extends Pick<Controlled<"pairs">, "control" | "path"> {
  readonly field: Field;
  readonly name: string;
  readonly value: Json;
  readonly index: number;
  readonly names: readonly string[];
  readonly known?: readonly string[];
  readonly isRepeated: boolean;
  readonly onName: (name: string) => void;
  readonly onValue: (value: Json | undefined) => void;
  readonly onRemove: () => void;
}

function Row({ field, control, path, name, value, index, names, known, isRepeated, onName, onValue, onRemove }: RowProps) {
  const { isReadOnly } = useForm();
  const inner = control.value;
  const nameInput = (
    <OfferedInput
      areNames
      size="xs"
      data={[...names]}
      value={name}
      readOnly={isReadOnly}
      placeholder={names.length > 0 ? texts.column : texts.name}
      aria-label={texts.nameOf(field.title, index + 1)}
      error={isRepeated ? texts.repeated : null}
      onChange={onName}
    />
  );
  const remove = isReadOnly ? null : (
    <ActionIcon variant="subtle" color="gray" size="sm" aria-label={texts.remove(name, index + 1)} onClick={onRemove}>
      <X size={15} />
    </ActionIcon>
  );
  if (inner.kind === "group") {
    return (
      <div className={classes.item}>
        <div className={classes.row} style={{ marginBlockEnd: 8 }}>
          {nameInput}
          {remove}
        </div>
        <Form fields={inner.fields} value={isObject(value) ? value : {}} path={path} onChange={onValue} />
      </div>
    );
  }
  const label = texts.valueOf(field.title, name, index + 1);
  return (
    <div className={classes.pair}>
      <div className={classes.pairTop}>
        {nameInput}
        <KindSelect control={inner} value={value} label={label} onChange={onValue} />
        {remove}
      </div>
      <ValueInput field={field} control={inner} path={path} value={value} label={label} {...(known === undefined ? {} : { known })} onChange={onValue} />
    </div>
  );
}
