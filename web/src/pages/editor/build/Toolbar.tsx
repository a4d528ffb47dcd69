import { ActionIcon, Divider, Group, Paper, Tooltip } from "@mantine/core";
import { useReactFlow } from "@xyflow/react";
import { Keyboard, type LucideIcon, Maximize, Minus, Network, Plus, Redo2, StickyNote, Undo2 } from "lucide-react";

import { NODE_WIDTH } from "@/flow/sizes";
import { NOTE_HEIGHT } from "@/flow/notes";
import { canvasTexts } from "@/texts/canvas";

import { useHistory } from "@/pages/editor/draft/useDraft";
import classes from "./BuildTab.module.css";
import type { Build } from "./useBuild";

const texts = canvasTexts.toolbar;

export function Toolbar({ build, onKeys }: { build: Build; onKeys: () => void }) {
  const flow = useReactFlow();
  const { canUndo, canRedo } = useHistory();
  // In the middle of what is seen.
  function addNote() {
    const stage = document.querySelector(".react-flow")?.getBoundingClientRect();
    if (stage === undefined) return;
    const { x, y } = flow.screenToFlowPosition({ x: stage.left + stage.width / 2, y: stage.top + stage.height / 2 });
    build.addNote({ x: Math.round(x + NODE_WIDTH / 2), y: Math.round(y - NOTE_HEIGHT / 2) });
  }

  return (
    <Paper className={classes.toolbar} role="toolbar" aria-label={texts.label}>
      <Group gap={2} wrap="nowrap">
        <Tool icon={Undo2} label={texts.undo} disabled={!canUndo} onClick={build.undo} />
        <Tool icon={Redo2} label={texts.redo} disabled={!canRedo} onClick={build.redo} />
        <Divider orientation="vertical" my={6} />
        <Tool icon={StickyNote} label={texts.note} onClick={addNote} />
        <Tool icon={Network} label={texts.tidy} onClick={build.tidy} />
        <Divider orientation="vertical" my={6} />
        <Tool icon={Minus} label={texts.zoomOut} onClick={() => void flow.zoomOut()} />
        <Tool icon={Plus} label={texts.zoomIn} onClick={() => void flow.zoomIn()} />
        <Tool icon={Maximize} label={texts.fit} onClick={() => void flow.fitView({ padding: 0.2, maxZoom: 1 })} />
        <Divider orientation="vertical" my={6} />
        <Tool icon={Keyboard} label={texts.keys} onClick={onKeys} />
      </Group>
    </Paper>
  );
}

interface ToolProps {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function Tool({ icon: Icon, label, disabled = false, onClick }: ToolProps) {
  return (
    <Tooltip label={label} position="top">
      <ActionIcon variant="subtle" color="gray" size="md" aria-label={label} disabled={disabled} onClick={onClick}>
        <Icon size={17} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
