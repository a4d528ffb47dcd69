import { ActionIcon, Kbd, TextInput, Tooltip } from "@mantine/core";
import { useClickOutside, useLocalStorage, useMediaQuery } from "@mantine/hooks";
import { PanelLeftClose, PanelLeftOpen, Search } from "lucide-react";
import { type KeyboardEvent, type RefObject, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { palette } from "@/flow/palette";
import { canvasTexts } from "@/texts/canvas";

import classes from "./palette.module.css";
import { StepList } from "./StepList";

const texts = canvasTexts.palette;

interface PaletteProps {
  readonly catalogue: Catalogue;
  readonly hasTrigger: boolean;
  readonly search: RefObject<HTMLInputElement | null>;
  readonly shown: PaletteShown;
  readonly onChoose: (type: string) => void;
}

/** Here it would leave no room for the canvas beside the panel of a step: it lies over the canvas, for one choice. */
const NARROW = "(max-width: 1240px)";

interface PaletteShown {
  readonly isOpen: boolean;
  readonly isOver: boolean;
  readonly open: (open: boolean) => void;
}

export function usePaletteShown(): PaletteShown {
  const isOver = useMediaQuery(NARROW, false, { getInitialValueInEffect: false });
  const [isOpenOver, openOver] = useState(false);
  const [isOpenBeside, openBeside] = useLocalStorage({ key: "automations.palette", defaultValue: true, getInitialValueInEffect: false });
  return isOver ? { isOver, isOpen: isOpenOver, open: openOver } : { isOver, isOpen: isOpenBeside, open: openBeside };
}

/** React Flow keeps what the mouse does on the canvas to itself. */
const POINTER = ["pointerdown"];

/** The steps that can be added: a click puts one after the selected step, a drag anywhere. */
export function Palette({ catalogue, hasTrigger, search, shown, onChoose }: PaletteProps) {
  const [words, setWords] = useState("");
  const { isOpen, isOver, open } = shown;
  const itself = useClickOutside<HTMLElement>(() => isOver && open(false), POINTER);
  if (!isOpen) {
    return (
      <div className={classes.folded}>
        <Fold icon={<PanelLeftOpen size={18} />} label={texts.expand} onClick={() => open(true)} />
      </div>
    );
  }
  const triggers = hasTrigger ? [] : palette(catalogue, words, { triggers: true });
  const groups = [...triggers, ...palette(catalogue, words, { triggers: false })];
  const first = groups[0]?.types[0]?.type;

  function choose(type: string) {
    setWords("");
    if (isOver) open(false);
    onChoose(type);
  }

  function typed(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === "Enter" && words !== "" && first !== undefined) {
      choose(first);
    }
    if (event.key === "Escape") {
      if (words === "" && isOver) open(false);
      setWords("");
    }
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    event.currentTarget.closest("section")?.querySelector<HTMLButtonElement>("section button")?.focus();
  }

  return (
    <>
      {isOver && <div className={classes.folded} />}
      <section ref={itself} className={classes.palette} data-over={isOver || undefined} aria-label={texts.region}>
        <div className={classes.head}>
          <TextInput
            ref={search}
            size="xs"
            flex={1}
            type="search"
            aria-label={texts.search}
            aria-keyshortcuts="/"
            placeholder={texts.search}
            value={words}
            onChange={(event) => setWords(event.currentTarget.value)}
            onKeyDown={typed}
            leftSection={<Search size={14} aria-hidden />}
            rightSection={words === "" ? <Kbd size="xs">/</Kbd> : null}
          />
          <Fold icon={<PanelLeftClose size={18} />} label={texts.collapse} onClick={() => open(false)} />
        </div>
        <StepList groups={groups} isDraggable onChoose={choose} />
      </section>
    </>
  );
}

function Fold({ icon, label, onClick }: { icon: React.ReactNode; label: string; onClick: () => void }) {
  return (
    <Tooltip label={label} position="right">
      <ActionIcon variant="subtle" color="gray" aria-label={label} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
