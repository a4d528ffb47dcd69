import { Stack, Table, Text, UnstyledButton } from "@mantine/core";

import { TimeAgo } from "@/parts/TimeAgo";
import { approvalsTexts as texts } from "@/texts/approvals";

import { ApprovalBadge } from "./ApprovalBadge";
import classes from "@/parts/table.module.css";
import type { ApprovalListItem } from "./queries";

export function ApprovalTable({ approvals, onOpen }: { approvals: readonly ApprovalListItem[]; onOpen: (id: string) => void }) {
  return (
    <Table.ScrollContainer minWidth={600}>
      <Table verticalSpacing={11} horizontalSpacing="lg" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.columns.title}</Table.Th>
            <Table.Th>{texts.columns.status}</Table.Th>
            <Table.Th>{texts.columns.asked}</Table.Th>
            <Table.Th>{texts.columns.deadline}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {approvals.map((one) => (
            <Table.Tr key={one.id} className={classes.row}>
              <Table.Td>
                <Stack gap={2}>
                  <UnstyledButton className={classes.name} title={one.title} onClick={() => onOpen(one.id)}>
                    {one.title}
                  </UnstyledButton>
                  <Text size="xs" c="dimmed">
                    {one.may_decide ? `${one.automation} · ${texts.yours}` : one.automation}
                  </Text>
                </Stack>
              </Table.Td>
              <Table.Td>
                <ApprovalBadge status={one.status} />
              </Table.Td>
              <Table.Td>
                <TimeAgo time={one.created_at} />
              </Table.Td>
              <Table.Td>
                {one.deadline === null ? (
                  <Text size="sm" c="dimmed">
                    {texts.noDeadline}
                  </Text>
                ) : (
                  <TimeAgo time={one.deadline} />
                )}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
