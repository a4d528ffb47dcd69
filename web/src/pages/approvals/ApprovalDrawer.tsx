import { Button, Drawer, Group, Loader, Stack, Text } from "@mantine/core";
import { Workflow } from "lucide-react";
import { Link } from "react-router";

import { JsonBlock } from "@/parts/JsonBlock";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { useMayChange } from "@/session/accounts";
import { usePeople } from "@/session/people";
import { approvalsTexts } from "@/texts/approvals";
import { partsTexts } from "@/texts/parts";

import { ApprovalBadge } from "./ApprovalBadge";
import { DecisionForm } from "./DecisionForm";
import { type Approval, useApproval } from "./queries";
import { decider } from "./words";

const texts = approvalsTexts.drawer;

export function ApprovalDrawer({ id, account, onClose }: { id: string; account: string; onClose: () => void }) {
  const { data, error, refetch } = useApproval(id);
  return (
    <Drawer
      opened
      onClose={onClose}
      position="right"
      size="lg"
      title={data?.title ?? texts.unknown}
      closeButtonProps={{ "aria-label": partsTexts.close }}
    >
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loader aria-label={partsTexts.loading} />}
      {data !== undefined && <Asked approval={data} account={account} onClose={onClose} />}
    </Drawer>
  );
}

function Asked({ approval, account, onClose }: { approval: Approval; account: string; onClose: () => void }) {
  const mayChange = useMayChange();
  const isOpen = approval.status === "pending";
  return (
    <Stack gap="lg">
      <Group gap="sm">
        <ApprovalBadge status={approval.status} />
        <TimeAgo time={approval.created_at} />
        <Button
          component={Link}
          to={`/automations/${approval.automation_id}/runs/${approval.execution_id}`}
          size="xs"
          variant="default"
          ml="auto"
          leftSection={<Workflow size={15} />}
        >
          {texts.run}
        </Button>
      </Group>
      <Text size="sm" c="dimmed">
        {approval.automation}
      </Text>
      {approval.message !== null && (
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {approval.message}
        </Text>
      )}
      {isOpen && approval.may_decide && mayChange && <DecisionForm approval={approval} onDone={onClose} />}
      {isOpen && !(approval.may_decide && mayChange) && (
        <Text size="sm" c="dimmed">
          {mayChange ? texts.notYours : texts.readOnly}
        </Text>
      )}
      {!isOpen && <Outcome approval={approval} account={account} />}
    </Stack>
  );
}

function Outcome({ approval, account }: { approval: Approval; account: string }) {
  const people = usePeople(account);
  const who = decider(approval, (id) => people.find(({ value }) => value === id)?.label);
  return (
    <Stack gap="sm">
      {who !== null && (
        <Group gap="xs">
          <Text size="sm" fw={550}>
            {texts.decidedBy(who)}
          </Text>
          <TimeAgo time={approval.decided_at} />
        </Group>
      )}
      {approval.comment !== null && (
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }}>
          {approval.comment}
        </Text>
      )}
      {approval.answer !== null && Object.keys(approval.answer).length > 0 && <JsonBlock title={texts.answer} value={approval.answer} />}
    </Stack>
  );
}
