import { Badge, Button, Code, Group, Stack, Table, Text } from "@mantine/core";

import { type KnownPeople, personName } from "@/parts/people";
import classes from "@/parts/table.module.css";
import { TimeAgo } from "@/parts/TimeAgo";
import { useNow } from "@/parts/useNow";
import { apiKeysTexts as texts } from "@/texts/api-keys";
import { partsTexts } from "@/texts/parts";

import { stateOf, stateWords } from "./keys";
import type { ApiKey } from "./queries";

interface KeyTableProps {
  keys: readonly ApiKey[];
  me: string | null;
  known: KnownPeople;
  onRevoke: (key: ApiKey) => void;
}

export function KeyTable({ keys, me, known, onRevoke }: KeyTableProps) {
  const now = useNow();
  return (
    <Table.ScrollContainer minWidth={760}>
      <Table verticalSpacing="sm" horizontalSpacing="lg" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.columns.name}</Table.Th>
            <Table.Th>{texts.columns.scopes}</Table.Th>
            <Table.Th>{texts.columns.ends}</Table.Th>
            <Table.Th>{texts.columns.used}</Table.Th>
            <Table.Th>{texts.columns.made}</Table.Th>
            <Table.Th ta="right">{texts.columns.actions}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {keys.map((key) => {
            const state = stateOf(key, now.getTime());
            return (
              <Table.Tr key={key.id}>
                <Table.Td>
                  <Stack gap={2}>
                    <Text size="sm" fw={550} className={classes.cut} title={key.name}>
                      {key.name}
                    </Text>
                    <Code style={{ alignSelf: "flex-start" }}>aut_…{key.hint}</Code>
                  </Stack>
                </Table.Td>
                <Table.Td>
                  <Group gap={4} wrap="nowrap">
                    {key.scopes.map((scope) => (
                      <Badge key={scope} variant="default" radius="sm" tt="none" fw={500}>
                        {texts.scopes.names[scope]}
                      </Badge>
                    ))}
                  </Group>
                </Table.Td>
                <Table.Td>
                  <Text size="sm" {...(state === "active" ? {} : { c: "dimmed" })}>
                    {stateWords(key, now.getTime())}
                  </Text>
                </Table.Td>
                <Table.Td>
                  <TimeAgo time={key.last_used_at} />
                </Table.Td>
                <Table.Td>
                  <Stack gap={0}>
                    <TimeAgo time={key.created_at} />
                    <Text size="xs" c="dimmed">
                      {partsTexts.people.by(personName(key.created_by, me, known))}
                    </Text>
                  </Stack>
                </Table.Td>
                <Table.Td ta="right">
                  {state === "active" && (
                    <Button size="compact-sm" variant="subtle" color="red" aria-label={texts.revokeOf(key.name)} onClick={() => onRevoke(key)}>
                      {texts.revoke}
                    </Button>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}
