import { ActionIcon, Checkbox, Group, Select, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { ArrowDown, ArrowUp, X } from "lucide-react";
import { useState } from "react";

import { type Input, INPUT_KINDS } from "@/flow/inputSchema";
import { triggerTexts } from "@/texts/triggers";

import { useForm } from "@/pages/editor/config/form/FormContext";
import classes from "@/pages/editor/config/form/form.module.css";

const texts = triggerTexts.inputs;

interface InputCardProps {
  readonly input: Input;
  readonly number: number;
  readonly count: number;
  /** Names of the others. */
  readonly taken: readonly string[];
  readonly onChange: (input: Input) => void;
  readonly onLabel: (label: string) => void;
  readonly onMove: (to: number) => void;
  readonly onRemove: () => void;
}

export function InputCard({ input, number, count, taken, onChange, onLabel, onMove, onRemove }: InputCardProps) {
  const { isReadOnly } = useForm();
  return (
    <div className={classes.item} role="group" aria-label={texts.item(number)}>
      <Group justify="space-between" mb={4}>
        <Text size="xs" fw={600} c="dimmed">
          {texts.item(number)}
        </Text>
        {!isReadOnly && (
          <Group gap={0}>
            <ActionIcon variant="subtle" color="gray" size="sm" disabled={number === 1} aria-label={texts.up(number)} onClick={() => onMove(number - 2)}>
              <ArrowUp size={14} />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" size="sm" disabled={number === count} aria-label={texts.down(number)} onClick={() => onMove(number)}>
              <ArrowDown size={14} />
            </ActionIcon>
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label={texts.remove(number)} onClick={onRemove}>
              <X size={15} />
            </ActionIcon>
          </Group>
        )}
      </Group>
      <Stack gap={8}>
        <div className={classes.half}>
          <TextInput label={texts.label} value={input.label} readOnly={isReadOnly} onChange={(event) => onLabel(event.currentTarget.value)} />
          <Select
            label={texts.kind}
            data={INPUT_KINDS.map((kind) => ({ value: kind, label: texts.kinds[kind] ?? kind }))}
            value={input.kind}
            allowDeselect={false}
            readOnly={isReadOnly}
            onChange={(kind) => kind !== null && onChange({ ...input, kind, rest: {} })}
          />
        </div>
        {input.kind === "choice" && (
          <TagsInput
            label={texts.options}
            placeholder={input.options.length === 0 ? texts.optionsHint : undefined}
            value={[...input.options]}
            readOnly={isReadOnly}
            acceptValueOnBlur
            onChange={(options) => onChange({ ...input, options })}
          />
        )}
        <div className={classes.half}>
          <NameInput input={input} taken={taken} isReadOnly={isReadOnly} onChange={onChange} />
          <TextInput label={texts.help} value={input.help} readOnly={isReadOnly} onChange={(event) => onChange({ ...input, help: event.currentTarget.value })} />
        </div>
        <Checkbox label={texts.required} checked={input.isRequired} disabled={isReadOnly} onChange={(event) => onChange({ ...input, isRequired: event.currentTarget.checked })} />
      </Stack>
    </div>
  );
}

/** A name is the key under which everything else finds the input, so one that cannot be one is not taken over. */
function NameInput({ input, taken, isReadOnly, onChange }: Pick<InputCardProps, "input" | "taken" | "onChange"> & { isReadOnly: boolean }) {
  const [typed, setTyped] = useState<string | null>(null);
  const canBe = (name: string) => /^[A-Za-z_]\w*$/.test(name) && !taken.includes(name);
  return (
    <TextInput
      label={texts.name}
      value={typed ?? input.name}
      readOnly={isReadOnly}
      error={typed !== null && !canBe(typed) ? texts.badName : null}
      onBlur={() => setTyped(null)}
      onChange={(event) => {
        const name = event.currentTarget.value;
        setTyped(name);
        if (canBe(name)) onChange({ ...input, name });
      }}
    />
  );
}
