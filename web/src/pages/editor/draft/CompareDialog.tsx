import { Button, Group, Stack, Text, Tooltip } from "@mantine/core";
import { useMemo } from "react";

import type { Catalogue } from "@/flow/catalogue";
import type { Drawing } from "@/flow/drawing";
import { differencesOf } from "@/flow/diffWords";
import { Dialog } from "@/parts/Dialog";
import { draftTexts } from "@/texts/draft";

import { differenceMarks } from "@/pages/editor/canvas/differenceMarks";
import { FlowCanvas } from "@/pages/editor/canvas/FlowCanvas";
import { DifferenceLines } from "@/pages/editor/publish/DifferenceLines";
import classes from "./draft.module.css";
import { useDraft } from "./useDraft";
import { useSaver } from "./useSaver";

const texts = draftTexts.compare;

interface CompareDialogProps {
  readonly theirs: Drawing;
  readonly catalogue: Catalogue;
  readonly onClose: () => void;
}

export function CompareDialog({ theirs, catalogue, onClose }: CompareDialogProps) {
  const mine = useDraft((draft) => draft.drawing);
  const { dispatch } = useSaver();
  const differences = useMemo(() => differencesOf(theirs, mine, catalogue), [theirs, mine, catalogue]);
  const marks = useMemo(() => differenceMarks(differences.overlay), [differences]);
  const choose = (kind: "keep-mine" | "take-theirs") => {
    dispatch({ kind });
    onClose();
  };
  return (
    <Dialog onClose={onClose} title={texts.title} size="min(1100px, 94vw)">
      <Stack gap="sm">
        <Text size="sm" c="dimmed">
          {texts.text}
        </Text>
        <div className={classes.compared}>
          <FlowCanvas drawing={differences.overlay.drawing} catalogue={catalogue} label={texts.canvas} marks={marks} />
        </div>
        <DifferenceLines differences={differences} same={texts.same} />
        <Group justify="flex-end">
          <Tooltip label={texts.takeHelp}>
            <Button variant="default" onClick={() => choose("take-theirs")}>
              {texts.take}
            </Button>
          </Tooltip>
          <Tooltip label={texts.keepHelp}>
            <Button onClick={() => choose("keep-mine")}>{texts.keep}</Button>
          </Tooltip>
        </Group>
      </Stack>
    </Dialog>
  );
}
