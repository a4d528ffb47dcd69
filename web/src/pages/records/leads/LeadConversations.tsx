import { Anchor, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { Link } from "react-router";

import { useBeginConversation } from "@/pages/records/conversations/useBeginConversation";
import { NO_FILTERS } from "@/pages/records/filters";
import { type Lead, useConversations } from "@/pages/records/queries";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { recordsTexts } from "@/texts/records";

const texts = recordsTexts.lead;

export function LeadConversations({ lead, mayChange }: { lead: Lead; mayChange: boolean }) {
  const { conversations, data, error } = useConversations(lead.user_id, NO_FILTERS, lead.id);
  const begin = useBeginConversation(lead);
  return (
    <Card withBorder radius="lg" padding="lg" className="surface" component="section" aria-labelledby="conversations">
      <Title order={2} size="h5" id="conversations" mb="md">
        {texts.conversations}
      </Title>
      <Stack gap="sm">
        {error !== null && <ProblemNotice error={error} />}
        {data !== undefined && conversations.length === 0 && (
          <Text size="sm" c="dimmed">
            {texts.noConversations}
          </Text>
        )}
        {conversations.map((one) => (
          <Group key={one.id} justify="space-between" wrap="nowrap">
            <Anchor component={Link} to={`/conversations/${one.id}`} size="sm" fw={550}>
              {one.channel ? recordsTexts.conversations.of(one.channel) : recordsTexts.conversations.unknown}
            </Anchor>
            <TimeAgo time={one.created_at ?? null} size="xs" c="dimmed" />
          </Group>
        ))}
        {mayChange && (
          <Button variant="default" size="xs" loading={begin.isPending} onClick={() => begin.mutate()} style={{ alignSelf: "flex-start" }}>
            {recordsTexts.conversations.begin}
          </Button>
        )}
      </Stack>
    </Card>
  );
}
