import { Anchor, Card, Group, SegmentedControl, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";

import { JsonBlock } from "@/parts/JsonBlock";
import { Prose } from "@/parts/Prose";
import { aiToolsTexts } from "@/texts/ai-tools";

import { type Client, CLIENTS, configOf, mcpAddress, readClient } from "./clients";

const texts = aiToolsTexts.connect;

export function Connect() {
  const [client, setClient] = useState<Client>("claudeCode");
  const { origin } = window.location;
  return (
    <Card withBorder padding="lg" radius="lg" className="surface">
      <Stack gap="md">
        <Stack gap={4}>
          <Group justify="space-between">
            <Title order={2} size="h5">
              {texts.title}
            </Title>
            <Anchor component={Link} to="/api-keys" size="sm">
              {texts.makeKey}
            </Anchor>
          </Group>
          <Text size="sm" c="dimmed">
            {texts.text} <Prose text={texts.scopes} />
          </Text>
        </Stack>
        <JsonBlock title={texts.address} value={mcpAddress(origin)} />
        <SegmentedControl
          aria-label={texts.clients.label}
          data={CLIENTS.map((value) => ({ value, label: texts.clients[value] }))}
          value={client}
          onChange={(value) => setClient(readClient(value))}
          style={{ alignSelf: "flex-start" }}
        />
        <Stack gap={6}>
          <JsonBlock title={texts.titles[client]} value={configOf(client, origin)} />
          <Text size="sm" c="dimmed">
            <Prose text={texts.hints[client]} />
          </Text>
        </Stack>
      </Stack>
    </Card>
  );
}
