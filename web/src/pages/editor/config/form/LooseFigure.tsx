import { Input } from "@mantine/core";
import { useState } from "react";

import type { Json } from "@/flow/drawing";
import { figureText } from "@/flow/figures";
import { sameJson } from "@/flow/formValues";
import { sampleText } from "@/flow/templateText";
import { FigureInput } from "@/parts/FigureInput";
import { configTexts as texts } from "@/texts/config";

interface LooseFigureProps {
  readonly id?: string;
  readonly label?: string;
  readonly value: Json | undefined;
  readonly error: string | undefined;
  /** A frame around it says what the server has against it. */
  readonly isFramed: boolean;
  readonly readOnly: boolean;
  readonly onChange: (value: Json | undefined) => void;
}

/** Where a text or nothing would be a value of another kind: until there is a number again, the one before stays. */
export function LooseFigure({ value, error, isFramed, onChange, ...input }: LooseFigureProps) {
  const [unread, setUnread] = useState<{ readonly text: string; readonly over: Json | undefined } | null>(null);
  // Something else came from outside: undo, say.
  const text = unread !== null && sameJson(unread.over, value) ? unread.text : null;
  const mistake = text !== null ? texts.noFigureYet(figureText(value)) : isFramed ? undefined : error;
  return (
    <>
      <FigureInput
        {...input}
        value={text ?? value}
        isWrong={mistake !== undefined}
        onChange={(next) => {
          const isFigure = typeof next === "number";
          setUnread(isFigure ? null : { text: next === undefined ? "" : sampleText(next), over: value });
          if (isFigure) onChange(next);
        }}
      />
      {mistake !== undefined && <Input.Error mt={4}>{mistake}</Input.Error>}
    </>
  );
}
