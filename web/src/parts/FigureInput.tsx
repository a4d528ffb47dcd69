import { Input } from "@mantine/core";
import { type KeyboardEvent, type ReactNode, useState } from "react";

import type { Json } from "@/flow/drawing";
import { ANY_FIGURE, figureFrom, figureMistake, type FigureRule, figureText, stepped } from "@/flow/figures";
import { sameJson } from "@/flow/formValues";

interface FigureInputProps {
  readonly id?: string;
  /** Where no label is around it. */
  readonly label?: string;
  readonly value: Json | undefined;
  readonly rule?: FigureRule;
  readonly placeholder?: string | undefined;
  readonly readOnly?: boolean;
  readonly isWrong?: boolean;
  readonly aside?: ReactNode;
  /** A text: no number could be read in it. */
  readonly onChange: (value: Json | undefined) => void;
}

/** A number, never made into another one. Whatever is around it says what is wrong. */
export function FigureInput({ id, label, value, rule = ANY_FIGURE, placeholder, readOnly = false, isWrong = false, aside, onChange }: FigureInputProps) {
  const [typed, setTyped] = useState<string | null>(null);
  // Something else came from outside: undo, say.
  const isOurs = typed !== null && sameJson(figureFrom(typed), value ?? undefined);
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowUp" ? 1 : event.key === "ArrowDown" ? -1 : 0;
    if (by === 0 || readOnly) return;
    event.preventDefault();
    setTyped(null);
    onChange(stepped(value, by, rule));
  };
  return (
    <Input
      {...(id === undefined ? {} : { id })}
      aria-label={label}
      inputMode={rule.isInteger ? "numeric" : "decimal"}
      autoComplete="off"
      placeholder={placeholder}
      readOnly={readOnly}
      error={isWrong}
      {...(aside === undefined ? {} : { rightSection: aside, rightSectionWidth: 110, rightSectionPointerEvents: "none" as const })}
      value={isOurs ? typed : figureText(value)}
      onKeyDown={onKeyDown}
      onChange={(event) => {
        const text = event.currentTarget.value;
        setTyped(text);
        onChange(figureFrom(text));
      }}
      onBlur={() => setTyped(null)}
    />
  );
}

interface FigureFieldProps extends Omit<FigureInputProps, "id" | "label" | "isWrong"> {
  readonly label: string;
  readonly description?: string | null;
  readonly withAsterisk?: boolean;
  readonly error?: string | null;
}

/** With its label, and what is wrong. */
export function FigureField({ label, description = null, withAsterisk = false, error = null, ...input }: FigureFieldProps) {
  const mistake = figureMistake(input.value, input.rule ?? ANY_FIGURE) ?? error;
  return (
    <Input.Wrapper label={label} description={description} withAsterisk={withAsterisk} error={mistake}>
      <FigureInput {...input} isWrong={mistake !== null} />
    </Input.Wrapper>
  );
}
