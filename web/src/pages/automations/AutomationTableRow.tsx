import { Group, Stack, Table, Text } from "@mantine/core";
import { Link } from "react-router";

import { triggerInWords } from "@/flow/triggerWords";
import type { JsonObject } from "@/flow/drawing";
import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { isStatus, StatusBadge } from "@/parts/StatusBadge";
import { TimeAgo } from "@/parts/TimeAgo";
import { automationsTexts as texts } from "@/texts/automations";

import classes from "@/parts/table.module.css";
import type { Figures, LastRun } from "./figures";
import { OnSwitch } from "./OnSwitch";
import { RowMenu } from "./RowMenu";
import { type AutomationRow, stateOf } from "@/session/automationState";

interface AutomationTableRowProps {
  row: AutomationRow;
  figures: Figures | null;
  last: LastRun;
  mayChange: boolean;
}

export function AutomationTableRow({ row, figures, last, mayChange }: AutomationTableRowProps) {
  return (
    <Table.Tr className={classes.row}>
      <Table.Td>
        <Group gap="sm" wrap="nowrap">
          <IconTile color={row.color}>
            <NamedIcon name={row.icon} />
          </IconTile>
          <Stack gap={1} miw={0}>
            <Link to={`/automations/${row.id}`} className={classes.name} title={row.name}>
              {row.name}
            </Link>
            <Text size="xs" c="dimmed" lineClamp={1}>
              {triggerInWords(row.trigger_type, row.trigger_config as JsonObject)}
            </Text>
          </Stack>
        </Group>
      </Table.Td>
      <Table.Td>
        <StatusBadge status={stateOf(row)} />
      </Table.Td>
      <Table.Td>
        <Stack gap={3} align="flex-start" className={classes.above} w="fit-content">
          <TimeAgo time={last.at} />
          {isStatus(last.status) && <StatusBadge status={last.status} size="sm" />}
        </Stack>
      </Table.Td>
      <Table.Td className="number">
        <DayFigures figures={figures} />
      </Table.Td>
      <Table.Td>
        <OnSwitch row={row} mayChange={mayChange} />
      </Table.Td>
      <Table.Td>
        <RowMenu row={row} mayChange={mayChange} />
      </Table.Td>
    </Table.Tr>
  );
}

function DayFigures({ figures }: { figures: Figures | null }) {
  if (figures === null) return null;
  if (figures.runs === 0) {
    return (
      <Text size="sm" c="dimmed">
        {texts.noRuns}
      </Text>
    );
  }
  return (
    <Stack gap={1}>
      <Text size="sm">{texts.runs(figures.runs)}</Text>
      {figures.failed > 0 && (
        <Text size="xs" c="var(--mantine-color-red-text)" fw={550}>
          {texts.failed(figures.failed)}
        </Text>
      )}
    </Stack>
  );
}
