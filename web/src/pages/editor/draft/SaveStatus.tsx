import { Group, Text, Tooltip } from "@mantine/core";
import { CloudAlert, CloudCheck, CloudUpload, type LucideIcon } from "lucide-react";

import { inLetters, told } from "@/parts/problem";
import { useMayChange } from "@/session/accounts";
import { draftTexts as texts } from "@/texts/draft";

import classes from "./draft.module.css";
import { isDirty, type SaveState } from "./saving";
import { useSaveState } from "./useSaver";

interface Look {
  readonly icon: LucideIcon;
  readonly text: string;
  readonly help: string | null;
  readonly isBad: boolean;
}

export function SaveStatus() {
  const state = useSaveState((now) => now);
  const mayChange = useMayChange();
  if (!mayChange) return <Text size="xs" c="dimmed">{texts.viewer}</Text>;
  const { icon: Icon, text, help, isBad } = lookOf(state);
  return (
    <Tooltip label={help} disabled={help === null} multiline maw={320}>
      <Group gap={6} wrap="nowrap" className={classes.status} data-long={isBad || undefined} c={isBad ? "var(--mantine-color-red-text)" : "dimmed"} role="status" aria-live="polite">
        <Icon size={15} aria-hidden className={classes.sign} />
        <Text size="xs" truncate>
          {text}
        </Text>
      </Group>
    </Tooltip>
  );
}

function lookOf(state: SaveState): Look {
  switch (state.trouble?.kind) {
    case "conflict":
      return { icon: CloudAlert, text: texts.conflict, help: texts.banner.text, isBad: true };
    case "offline":
      return { icon: CloudAlert, text: texts.offline, help: texts.offlineHelp, isBad: true };
    case "refused": {
      const { title, text } = told(state.trouble.error);
      return { icon: CloudAlert, text: texts.refused, help: inLetters(`${title} ${text}`), isBad: true };
    }
    case undefined:
      if (state.sending !== null) return { icon: CloudUpload, text: texts.saving, help: null, isBad: false };
      if (isDirty(state)) return { icon: CloudUpload, text: texts.unsaved, help: null, isBad: false };
      return { icon: CloudCheck, text: texts.saved, help: null, isBad: false };
  }
}
