import { Anchor, Stack } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { Link, useParams } from "react-router";

import { WhyNot } from "@/pages/records/explain/WhyNot";
import { leadName } from "@/pages/records/leads/leadForm";
import { useConversation, useLead } from "@/pages/records/queries";
import { RunOnThis } from "@/pages/records/start/RunOnThis";
import { Timeline } from "@/pages/records/timeline/Timeline";
import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMayChange } from "@/session/accounts";
import { recordsTexts } from "@/texts/records";

import { MessageForm } from "./MessageForm";

const texts = recordsTexts.conversations;

export function ConversationPage() {
  const { id = "" } = useParams();
  const account = useAccount();
  return account === null ? null : <ConversationOf key={id} id={id} account={account.account_id} />;
}

function ConversationOf({ id, account }: { id: string; account: string }) {
  const { data: conversation, error, refetch } = useConversation(id);
  const { data: lead } = useLead(conversation?.lead_id ?? null);
  const mayChange = useMayChange();
  const channel = conversation?.channel ? texts.of(conversation.channel) : texts.unknown;
  return (
    <>
      <Anchor component={Link} to="/conversations" size="sm" c="dimmed" mb="xs" display="inline-flex" style={{ alignItems: "center", gap: 6 }}>
        <ArrowLeft size={14} aria-hidden />
        {texts.back}
      </Anchor>
      {error !== null && conversation === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {conversation === undefined && error === null && (
        <Loading />
      )}
      {conversation !== undefined && (
        <>
          <PageHeader
            title={lead === undefined ? channel : leadName(lead)}
            text={mayChange ? channel : recordsTexts.readOnly}
            actions={
              <>
                {lead !== undefined && (
                  <Anchor component={Link} to={`/leads/${lead.id}`} size="sm">
                    {texts.lead}
                  </Anchor>
                )}
                <WhyNot account={account} table="conversations" id={id} />
                {mayChange && <RunOnThis account={account} kind="conversation" id={id} />}
              </>
            }
          />
          <Stack gap="lg" maw={860}>
            {mayChange && <MessageForm conversation={conversation} />}
            <Timeline account={account} table="conversations" id={id} other={conversation.lead_id == null ? null : { lead: conversation.lead_id, since: conversation.created_at ?? "" }} />
          </Stack>
        </>
      )}
    </>
  );
}
