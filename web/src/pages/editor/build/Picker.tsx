import { FocusTrap, Portal, TextInput } from "@mantine/core";
import { useClickOutside } from "@mantine/hooks";
import { Search } from "lucide-react";
import { type KeyboardEvent, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { palette } from "@/flow/palette";
import { canvasTexts } from "@/texts/canvas";

import type { Spot } from "@/pages/editor/canvas/actions";
import classes from "./palette.module.css";
import { beside } from "./pickerPlace";
import { StepList } from "./StepList";

interface PickerProps {
  readonly title: string;
  readonly catalogue: Catalogue;
  readonly triggers: boolean;
  readonly spot: Spot;
  readonly onChoose: (type: string) => void;
  readonly onClose: () => void;
}

/** The steps that can stand at one place, beside it. */
export function Picker({ title, catalogue, triggers, spot, onChoose, onClose }: PickerProps) {
  const [words, setWords] = useState("");
  const outside = useClickOutside<HTMLDivElement>(onClose);
  const groups = palette(catalogue, words, { triggers });
  const first = groups[0]?.types[0]?.type;
  const { left, top } = beside(spot, { width: window.innerWidth, height: window.innerHeight });

  function typed(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === "Enter" && first !== undefined) {
      event.preventDefault();
      onChoose(first);
    }
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    event.currentTarget.closest("[role=dialog]")?.querySelector<HTMLButtonElement>("section button")?.focus();
  }

  return (
    <Portal>
      <FocusTrap>
        {/* Esc is the dialog's, wherever in it the focus is. */}
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
        <div
          ref={outside}
          role="dialog"
          aria-modal="true"
          aria-label={title}
          className={classes.picker}
          style={{ left, top }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.stopPropagation();
            onClose();
          }}
        >
          <div className={classes.head}>
            <TextInput
              data-autofocus
              flex={1}
              size="xs"
              type="search"
              aria-label={canvasTexts.palette.search}
              placeholder={title}
              value={words}
              onChange={(event) => setWords(event.currentTarget.value)}
              onKeyDown={typed}
              leftSection={<Search size={14} aria-hidden />}
            />
          </div>
          <StepList groups={groups} onChoose={onChoose} />
        </div>
      </FocusTrap>
    </Portal>
  );
}
