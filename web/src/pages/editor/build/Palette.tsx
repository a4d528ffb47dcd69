import { ActionIcon, Kbd, TextInput, Tooltip } from "@mantine/core";
import { useLocalStorage } from "@mantine/hooks";
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
  readonly isOpen: boolean;
  readonly onOpen: (open: boolean) => void;
  readonly onChoose: (type: string) => void;
}

/** On a tablet it would leave no room for the canvas beside the panel of a step. */
const WIDE_ENOUGH = 1_000;

export function usePaletteOpen() {
  return useLocalStorage({ key: "automations.palette", defaultValue: window.innerWidth >= WIDE_ENOUGH, getInitialValueInEffect: false });
}

/** The steps that can be added: a click puts one after the selected step, a drag anywhere. */
export function Palette({ catalogue, hasTrigger, search, isOpen, onOpen, onChoose }: PaletteProps) {
  const [words, setWords] = useState("");
  if (!isOpen) {
    return (
      <div className={classes.folded}>
        <Fold icon={<PanelLeftOpen size={18} />} label={texts.expand} onClick={() => onOpen(true)} />
      </div>
    );
  }
  const triggers = hasTrigger ? [] : palette(catalogue, words, { triggers: true });
  const groups = [...triggers, ...palette(catalogue, words, { triggers: false })];
  const first = groups[0]?.types[0]?.type;

  function typed(event: KeyboardEvent<HTMLInputElement>) {
    if (event.key === "Enter" && words !== "" && first !== undefined) {
      setWords("");
      onChoose(first);
    }
    if (event.key === "Escape") setWords("");
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    event.currentTarget.closest("section")?.querySelector<HTMLButtonElement>("section button")?.focus();
  }

  return (
    <section className={classes.palette} aria-label={texts.region}>
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
        <Fold icon={<PanelLeftClose size={18} />} label={texts.collapse} onClick={() => onOpen(false)} />
      </div>
      <StepList groups={groups} isDraggable onChoose={onChoose} />
    </section>
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
