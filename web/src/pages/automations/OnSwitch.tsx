import { Box, Switch, Tooltip } from "@mantine/core";

import { automationsTexts } from "@/texts/automations";

import classes from "@/parts/table.module.css";
import { useSwitch } from "./queries";
import { type AutomationRow, stateOf, switchAction } from "@/session/automationState";

const texts = automationsTexts.switch;

export function OnSwitch({ row, mayChange }: { row: AutomationRow; mayChange: boolean }) {
  const { mutate } = useSwitch();
  const state = stateOf(row);
  const action = switchAction(state);
  const isOn = state === "live";
  const why = action === null ? texts.draft : mayChange ? null : texts.viewer;
  return (
    <Tooltip label={why} disabled={why === null}>
      <Box className={classes.above} w="fit-content">
        <Switch
          size="sm"
          checked={isOn}
          disabled={action === null || !mayChange}
          aria-label={(isOn ? texts.off : texts.on)(row.name)}
          onChange={() => action !== null && mutate({ row, action })}
        />
      </Box>
    </Tooltip>
  );
}
