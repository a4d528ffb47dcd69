import { ActionIcon, Group, Stack, Text } from "@mantine/core";
import { ArrowDown, ArrowUp, X } from "lucide-react";

import { isObject, type Json } from "@/flow/drawing";
import type { Control, Field } from "@/flow/formFields";
import { emptyOf, type FieldPath, listOf, moved, withItem, withoutItem } from "@/flow/formValues";
import { newItem } from "@/flow/newItems";
import { configTexts } from "@/texts/config";

import { AddButton } from "./AddButton";
import { Form } from "./Form";
import { useForm } from "./FormContext";
import { GroupFrame } from "./Frame";
import classes from "./form.module.css";
import type { Controlled } from "./types";
import { ValueInput } from "./ValueInput";

const texts = configTexts.list;

/** Each item a row, or a box where it has fields of its own. */
export function ListField({ field, control, path, value, onChange }: Controlled<"list">) {
  const { isReadOnly, nodeType } = useForm();
  const items = listOf(value);
  const set = (next: readonly Json[]) => onChange(next.length === 0 && !field.isRequired ? undefined : [...next]);
  const isFull = control.most !== null && items.length >= control.most;
  return (
    <GroupFrame field={field} path={path}>
      <Stack gap="xs">
        {items.map((item, index) => (
          <Item
            key={index}
            field={field}
            control={control.item}
            path={[...path, index]}
            value={item}
            index={index}
            count={items.length}
            onChange={(next) => set(withItem(items, index, next ?? null))}
            onMove={(to) => set(moved(items, index, to))}
            onRemove={() => set(withoutItem(items, index))}
          />
        ))}
        {!isReadOnly && !isFull && (
          <AddButton
            text={texts.addShort}
            label={texts.add(field.title)}
            onAdd={() => set([...items, newItem(nodeType, field.name, items) ?? emptyOf(control.item)])}
          />
        )}
      </Stack>
    </GroupFrame>
  );
}

interface ItemProps {
  readonly field: Field;
  readonly control: Control;
  readonly path: FieldPath;
  readonly value: Json;
  readonly index: number;
  readonly count: number;
  readonly onChange: (value: Json | undefined) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

function Item({ field, control, path, value, index, count, onChange, onMove, onRemove }: ItemProps) {
  const number = index + 1;
  const title = texts.item(field.title, number);
  const tools = <Tools title={field.title} index={index} count={count} onMove={onMove} onRemove={onRemove} />;
  if (control.kind === "group") {
    return (
      <div className={classes.item} role="group" aria-label={title}>
        <Group justify="space-between" mb={4} wrap="nowrap">
          <Text size="xs" fw={600} c="dimmed">
            {texts.number(number)}
          </Text>
          {tools}
        </Group>
        <Form fields={control.fields} value={isObject(value) ? value : {}} path={path} onChange={onChange} />
      </div>
    );
  }
  return (
    <div className={classes.row}>
      <ValueInput field={field} control={control} path={path} value={value} label={title} onChange={(next) => onChange(next ?? "")} />
      {tools}
    </div>
  );
}

function Tools({ title, index, count, onMove, onRemove }: { title: string } & Pick<ItemProps, "index" | "count" | "onMove" | "onRemove">) {
  const { isReadOnly } = useForm();
  if (isReadOnly) return null;
  const number = index + 1;
  return (
    <Group gap={0} wrap="nowrap" pt={3}>
      {count > 1 && (
        <>
          <ActionIcon variant="subtle" color="gray" size="sm" disabled={index === 0} aria-label={texts.up(title, number)} onClick={() => onMove(index - 1)}>
            <ArrowUp size={14} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" size="sm" disabled={number === count} aria-label={texts.down(title, number)} onClick={() => onMove(index + 1)}>
            <ArrowDown size={14} />
          </ActionIcon>
        </>
      )}
      <ActionIcon variant="subtle" color="gray" size="sm" aria-label={texts.remove(title, number)} onClick={onRemove}>
        <X size={15} />
      </ActionIcon>
    </Group>
  );
}
