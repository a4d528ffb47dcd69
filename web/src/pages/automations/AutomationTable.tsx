import { Table, VisuallyHidden } from "@mantine/core";

import type { components } from "@/lib/api-types";
import { automationsTexts } from "@/texts/automations";

import { AutomationTableRow } from "./AutomationTableRow";
import classes from "@/parts/table.module.css";
import { figuresOf, lastRunOf } from "./figures";
import { useOpenRuns } from "./queries";
import type { AutomationRow } from "@/session/automationState";

const texts = automationsTexts.columns;

interface AutomationTableProps {
  account: string;
  rows: readonly AutomationRow[];
  overview: components["schemas"]["Overview"] | undefined;
  mayChange: boolean;
}

export function AutomationTable({ account, rows, overview, mayChange }: AutomationTableProps) {
  const open = useOpenRuns(account);
  return (
    <Table.ScrollContainer minWidth={720} type="native" className={classes.room}>
      <Table verticalSpacing={12} horizontalSpacing="md" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.name}</Table.Th>
            <Table.Th w={128}>{texts.status}</Table.Th>
            <Table.Th w={146}>{texts.last}</Table.Th>
            <Table.Th w={100}>{texts.day}</Table.Th>
            <Table.Th w={60}>{texts.on}</Table.Th>
            <Table.Th w={52}>
              <VisuallyHidden>{texts.actions}</VisuallyHidden>
            </Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {rows.map((row) => (
            <AutomationTableRow key={row.id} row={row} figures={figuresOf(overview, row.id)} last={lastRunOf(row, open)} mayChange={mayChange} />
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
