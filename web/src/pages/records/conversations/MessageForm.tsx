import { Button, Card, Group, Stack, Textarea } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";

import { listKeys } from "@/lib/list-keys";
import type { Conversation } from "@/pages/records/queries";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { recordsTexts } from "@/texts/records";

const texts = recordsTexts.message;

/** What the lead could have written: with it a wait for a reply can be tried. */
export function MessageForm({ conversation }: { conversation: Conversation }) {
  const [body, setBody] = useState("");
  const queries = useQueryClient();
  const send = useMutation({
    mutationFn: () => {
      const { id, lead_id: lead, channel } = conversation;
      const about = { ...(lead ? { lead_id: lead } : {}), ...(channel ? { channel } : {}) };
      return answer(api.POST("/api/v1/messages", { body: { conversation_id: id, direction: "inbound", body: body.trim(), ...about } }));
    },
    onSuccess: () => {
      setBody("");
      void queries.invalidateQueries({ queryKey: listKeys.records() });
    },
    onError: notifyProblem,
  });
  return (
    <Card withBorder radius="lg" padding="lg" className="surface">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          if (body.trim() !== "") send.mutate();
        }}
      >
        <Stack gap="sm">
          <Textarea
            label={texts.label}
            description={texts.hint}
            placeholder={texts.placeholder}
            autosize
            minRows={2}
            maxRows={8}
            value={body}
            onChange={(event) => setBody(event.currentTarget.value)}
          />
          <Group justify="flex-end">
            <Button type="submit" disabled={body.trim() === ""} loading={send.isPending}>
              {texts.send}
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}
