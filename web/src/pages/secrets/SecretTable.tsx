import { Anchor, Button, Code, Group, Table, Text, Tooltip } from "@mantine/core";
import { Link } from "react-router";

import classes from "@/parts/table.module.css";
import { TimeAgo } from "@/parts/TimeAgo";
import { secretsTexts as texts } from "@/texts/secrets";

import type { Secret } from "./queries";

interface SecretTableProps {
  secrets: readonly Secret[];
  mayChange: boolean;
  onReplace: (secret: Secret) => void;
  onDelete: (secret: Secret) => void;
}

export function SecretTable({ secrets, mayChange, onReplace, onDelete }: SecretTableProps) {
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table verticalSpacing="sm" horizontalSpacing="lg" className={classes.table}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.columns.name}</Table.Th>
            <Table.Th>{texts.columns.usedBy}</Table.Th>
            <Table.Th>{texts.columns.changed}</Table.Th>
            <Table.Th ta="right">{texts.columns.actions}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {secrets.map((secret) => (
            <Table.Tr key={secret.name}>
              <Table.Td>
                <Code>{secret.name}</Code>
              </Table.Td>
              <Table.Td>
                <UsedBy secret={secret} />
              </Table.Td>
              <Table.Td>
                <TimeAgo time={secret.updated_at} />
              </Table.Td>
              <Table.Td>
                <Tooltip label={texts.why} disabled={mayChange}>
                  <Group gap="xs" justify="flex-end" wrap="nowrap">
                    <Button
                      size="compact-sm"
                      variant="default"
                      disabled={!mayChange}
                      aria-label={texts.replaceOf(secret.name)}
                      onClick={() => onReplace(secret)}
                    >
                      {texts.replace}
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      color="red"
                      disabled={!mayChange}
                      aria-label={texts.removeOf(secret.name)}
                      onClick={() => onDelete(secret)}
                    >
                      {texts.remove}
                    </Button>
                  </Group>
                </Tooltip>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

function UsedBy({ secret }: { secret: Secret }) {
  if (secret.automations.length === 0) {
    return (
      <Text c="dimmed" size="sm">
        {texts.nobody}
      </Text>
    );
  }
  return (
    <Group gap="xs">
      {secret.automations.map(({ id, name }) => (
        <Anchor key={id} component={Link} to={`/automations/${id}`} size="sm">
          {name}
        </Anchor>
      ))}
    </Group>
  );
}
