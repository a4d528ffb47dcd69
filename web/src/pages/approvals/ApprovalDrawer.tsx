import { Alert, Button, Card, Drawer, Group, Loader, Stack, Text } from "@mantine/core";
import { Clock3, Users, Workflow } from "lucide-react";
import { Fragment, useState } from "react";
import { Link } from "react-router";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { shortTime } from "@/parts/time";
import { TimeAgo } from "@/parts/TimeAgo";
import { useFocusBack } from "@/parts/useFocusBack";
import { useMayChange, useMe } from "@/session/accounts";
import { usePeople } from "@/session/people";
import { approvalsTexts } from "@/texts/approvals";
import { partsTexts } from "@/texts/parts";

import { ApprovalBadge } from "./ApprovalBadge";
import classes from "./approvals.module.css";
import { DecisionForm } from "./DecisionForm";
import { type Approval, useApproval } from "./queries";
import { answered, decider, isOvertaken } from "./words";

const texts = approvalsTexts.drawer;

export function ApprovalDrawer({ id, account, onClose }: { id: string; account: string; onClose: () => void }) {
  useFocusBack();
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
  const { data: me } = useMe();
  const [opened] = useState(approval.status);
  const isOpen = approval.status === "pending";
  return (
    <Stack gap="lg">
      {isOvertaken(opened, approval, me?.user_id ?? null) && (
        <Alert color="yellow" variant="light" icon={<Users size={18} />} title={approval.decided_by === null && approval.decided_via === null ? texts.overtaken.over : texts.overtaken.decided} role="status">
          {texts.overtaken.text}
        </Alert>
      )}
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
      <Group gap="lg">
        <Text size="sm" c="dimmed">
          {approval.automation}
        </Text>
        {isOpen && approval.deadline !== null && (
          <Group gap={6} c="dimmed">
            <Clock3 size={14} aria-hidden />
            <Text size="sm">{texts.until(shortTime(new Date(approval.deadline)))}</Text>
          </Group>
        )}
      </Group>
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
  const answers = answered(approval);
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
      {answers.length > 0 && (
        <Card withBorder padding="md" radius="md" component="section" aria-label={texts.answer}>
          <Text size="xs" c="dimmed" fw={550} mb="xs">
            {texts.answer}
          </Text>
          <dl className={classes.answers}>
            {answers.map(({ name, title, text }) => (
              <Fragment key={name}>
                <dt>{title}</dt>
                <dd>{text}</dd>
              </Fragment>
            ))}
          </dl>
        </Card>
      )}
    </Stack>
  );
}
