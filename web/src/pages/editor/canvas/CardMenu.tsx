import { ActionIcon, Menu } from "@mantine/core";
import { CirclePlus, Copy, EllipsisVertical, PencilLine, Power, Replace, ShieldAlert, Trash2 } from "lucide-react";

import { ERROR } from "@/flow/catalogue";
import { canvasTexts } from "@/texts/canvas";

import { type CanvasActions, type Spot, spotOf } from "./actions";
import classes from "./canvas.module.css";
import type { CardData } from "./toCanvas";

const texts = canvasTexts.menu;
const ICON = { size: 15, "aria-hidden": true };

interface CardMenuProps {
  readonly id: string;
  readonly data: CardData;
  readonly actions: CanvasActions;
  readonly isSelected: boolean;
}

export function CardMenu({ id, data, actions, isSelected }: CardMenuProps) {
  const ids = new Set([id]);
  const [free] = data.free;
  const hasError = data.handles.some((handle) => handle.name === ERROR);
  return (
    <Menu position="bottom-end" width={240}>
      <Menu.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="sm"
          className={`${classes.more} nodrag nopan`}
          aria-label={canvasTexts.menuOf(data.title)}
          tabIndex={isSelected ? 0 : -1}
          onClick={(event) => event.stopPropagation()}
        >
          <EllipsisVertical size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown onClick={(event) => event.stopPropagation()}>
        <Menu.Item leftSection={<PencilLine {...ICON} />} onClick={() => actions.open(id)}>
          {texts.open}
        </Menu.Item>
        {free !== undefined && (
          <Menu.Item leftSection={<CirclePlus {...ICON} />} onClick={() => actions.pick({ kind: "after", source: id, handle: free }, stepSpot(id))}>
            {texts.addAfter}
          </Menu.Item>
        )}
        {hasError && (
          <Menu.Item leftSection={<ShieldAlert {...ICON} />} onClick={() => actions.pick({ kind: "after", source: id, handle: ERROR }, stepSpot(id))}>
            {texts.onError}
          </Menu.Item>
        )}
        <Menu.Item leftSection={<Replace {...ICON} />} onClick={() => actions.replace(id, stepSpot(id))}>
          {data.isTrigger ? texts.replaceTrigger : texts.replace}
        </Menu.Item>
        {!data.isTrigger && (
          <>
            <Menu.Item leftSection={<Copy {...ICON} />} onClick={() => actions.duplicate(ids)}>
              {texts.duplicate}
            </Menu.Item>
            <Menu.Item leftSection={<Power {...ICON} />} onClick={() => actions.setDisabled(ids, !data.isDisabled)}>
              {data.isDisabled ? texts.on : texts.off}
            </Menu.Item>
          </>
        )}
        <Menu.Divider />
        <Menu.Item color="red" leftSection={<Trash2 {...ICON} />} onClick={() => actions.remove(ids)}>
          {texts.delete}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

function stepSpot(id: string): Spot {
  const card = document.querySelector(`[data-step="${CSS.escape(id)}"]`);
  return card === null ? { x: 0, y: 0 } : spotOf(card);
}

