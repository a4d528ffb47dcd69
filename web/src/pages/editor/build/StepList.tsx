import { Text } from "@mantine/core";
import { type KeyboardEvent, useId, useRef } from "react";

import type { NodeType } from "@/flow/catalogue";
import type { PaletteGroup } from "@/flow/palette";
import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { canvasTexts } from "@/texts/canvas";

import { dragType } from "@/pages/editor/canvas/dropped";
import classes from "./palette.module.css";

const texts = canvasTexts.palette;

interface StepListProps {
  readonly groups: readonly PaletteGroup[];
  readonly isDraggable?: boolean;
  readonly onChoose: (type: string) => void;
}

/** Types of steps; the arrow keys go from one to the next. */
export function StepList({ groups, isDraggable = false, onChoose }: StepListProps) {
  const list = useRef<HTMLDivElement>(null);

  function moved(event: KeyboardEvent) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined || list.current === null) return;
    event.preventDefault();
    event.stopPropagation();
    const buttons = [...list.current.querySelectorAll("button")];
    buttons[buttons.findIndex((one) => one === document.activeElement) + step]?.focus();
  }

  if (groups.length === 0) {
    return (
      <Text size="sm" c="dimmed" p="md">
        {texts.nothing}
      </Text>
    );
  }
  return (
    // The buttons in it are what is used; the keys only go from one to the next.
    // eslint-disable-next-line jsx-a11y/no-static-element-interactions
    <div ref={list} onKeyDown={moved} className={classes.list}>
      {groups.map(({ group, types }) => (
        <section key={group} aria-label={texts.groups[group] ?? group}>
          <h2 className={classes.group}>{texts.groups[group] ?? group}</h2>
          {types.map((type) => (
            <Choice key={type.type} type={type} isDraggable={isDraggable} onChoose={onChoose} />
          ))}
        </section>
      ))}
    </div>
  );
}

function Choice({ type, isDraggable, onChoose }: { type: NodeType; isDraggable: boolean; onChoose: (type: string) => void }) {
  const says = useId();
  return (
    <div className={classes.choice}>
      <IconTile color={type.trigger ? "teal" : null} size={30}>
        <NamedIcon name={type.icon} size={16} />
      </IconTile>
      <span>
        <button
          type="button"
          className={classes.whole}
          aria-describedby={says}
          draggable={isDraggable}
          onDragStart={(event) => dragType(event.dataTransfer, type.type)}
          onClick={() => onChoose(type.type)}
        >
          {type.title}
        </button>
        <small id={says} title={type.description}>
          {type.description.replace(/`/g, "")}
        </small>
      </span>
    </div>
  );
}
