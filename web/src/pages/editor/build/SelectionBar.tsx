import { Button, Group, Paper, Text } from "@mantine/core";
import { Copy, Power, Trash2 } from "lucide-react";

import { nodeOf } from "@/flow/drawing";
import { canvasTexts } from "@/texts/canvas";

import { useDraft } from "@/pages/editor/draft/useDraft";
import classes from "./BuildTab.module.css";
import type { Build } from "./useBuild";

const texts = canvasTexts;

/** Of several steps that are selected. */
export function SelectionBar({ build }: { build: Build }) {
  const selection = useDraft((draft) => draft.selection);
  const drawing = useDraft((draft) => draft.drawing);
  if (selection.size < 2) return null;
  const allOff = [...selection].every((id) => nodeOf(drawing, id)?.disabled === true || nodeOf(drawing, id)?.type.startsWith("trigger-") === true);
  return (
    <Paper className={classes.selected} role="toolbar" aria-label={texts.selection.label}>
      <Group gap={4} wrap="nowrap">
        <Text size="sm" fw={550} px={8}>
          {texts.selection.count(selection.size)}
        </Text>
        <Button size="xs" variant="subtle" color="gray" leftSection={<Copy size={14} />} onClick={() => build.duplicate(selection)}>
          {texts.menu.duplicate}
        </Button>
        <Button size="xs" variant="subtle" color="gray" leftSection={<Power size={14} />} onClick={() => build.setDisabled(selection, !allOff)}>
          {allOff ? texts.menu.on : texts.menu.off}
        </Button>
        <Button size="xs" variant="subtle" color="red" leftSection={<Trash2 size={14} />} onClick={() => build.remove(selection)}>
          {texts.menu.delete}
        </Button>
      </Group>
    </Paper>
  );
}
