import { Badge, Group, Table, Text } from "@mantine/core";
import { Link } from "react-router";

import classes from "@/parts/table.module.css";
import type { Lead } from "@/pages/records/queries";
import { TimeAgo } from "@/parts/TimeAgo";
import { recordsTexts } from "@/texts/records";

import { leadName } from "./leadForm";

const texts = recordsTexts.leads.columns;
const MOST_TAGS = 3;

export function LeadTable({ leads }: { leads: readonly Lead[] }) {
  return (
    <Table.ScrollContainer minWidth={640} type="native" className={classes.room}>
      <Table verticalSpacing={11} horizontalSpacing="lg" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.name}</Table.Th>
            <Table.Th w={140}>{texts.stage}</Table.Th>
            <Table.Th w={120} className={classes.lesser}>{texts.status}</Table.Th>
            <Table.Th w={90}>{texts.score}</Table.Th>
            <Table.Th>{texts.tags}</Table.Th>
            <Table.Th w={140}>{texts.created}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {leads.map((lead) => (
            <Table.Tr key={lead.id} className={classes.row}>
              <Table.Td>
                <Link to={`/leads/${lead.id}`} className={classes.name} title={leadName(lead)}>
                  {leadName(lead)}
                </Link>
                {lead.name && lead.email && (
                  <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                    {lead.email}
                  </Text>
                )}
              </Table.Td>
              <Table.Td>{lead.stage ? <Word text={lead.stage} /> : <None />}</Table.Td>
              <Table.Td className={classes.lesser}>{lead.status ? <Text size="sm">{lead.status}</Text> : <None />}</Table.Td>
              <Table.Td className="number">{lead.score === null || lead.score === undefined ? <None /> : <Text size="sm">{lead.score}</Text>}</Table.Td>
              <Table.Td>
                <Group gap={4}>
                  {(lead.tags ?? []).slice(0, MOST_TAGS).map((tag) => (
                    <Word key={tag} text={tag} />
                  ))}
                </Group>
              </Table.Td>
              <Table.Td>
                <TimeAgo time={lead.created_at ?? null} className={classes.above} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function Word({ text }: { text: string }) {
  return (
    <Badge variant="default" radius="sm" tt="none" fw={500} maw={160} title={text} style={{ flex: "none" }}>
      {text}
    </Badge>
  );
}

function None() {
  return (
    <Text size="sm" c="dimmed">
      {recordsTexts.none}
    </Text>
  );
}
