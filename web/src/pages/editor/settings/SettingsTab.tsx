import { Stack } from "@mantine/core";

import { useMayChange } from "@/session/accounts";

import type { TabProps } from "@/pages/editor/tabs";
import { AgentOf } from "./AgentOf";
import { Limits } from "./Limits";
import { LooksForm } from "./LooksForm";
import classes from "./settings.module.css";

/** What holds for all of an automation, wherever it is stored: beside its flow, in its trigger, or for the installation. */
export function SettingsTab({ automation, catalogue }: TabProps) {
  const isReadOnly = !useMayChange();
  return (
    <Stack className={classes.page} gap="lg">
      <LooksForm automation={automation} isReadOnly={isReadOnly} />
      <Limits automation={automation} catalogue={catalogue} isReadOnly={isReadOnly} />
      <AgentOf automation={automation} />
    </Stack>
  );
}
