import { Button, Card, Group, Stack, Table, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import { ConfirmDialog } from "@/parts/ConfirmDialog";
import { type KnownPeople, personName } from "@/parts/people";
import { ProblemNotice } from "@/parts/ProblemNotice";
import classes from "@/parts/table.module.css";
import { TimeAgo } from "@/parts/TimeAgo";
import { useNow } from "@/parts/useNow";
import { useKnownPeople } from "@/session/people";
import { partsTexts } from "@/texts/parts";
import { teamTexts } from "@/texts/team";

import { type Invitation, useInvitations, useTakeBack } from "./queries";
import { invitationWords, isOpen, managesRole } from "./roles";

const texts = teamTexts.invitations;

interface InvitationTableProps {
  account: string;
  me: string | null;
  mine: string | null;
}

export function InvitationTable({ account, me, mine }: InvitationTableProps) {
  const { invitations, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInvitations(account, mine !== null);
  const known = useKnownPeople(account);
  const [takenBack, takeBack] = useState<Invitation | null>(null);
  return (
    <Card withBorder padding={0} radius="lg" className="surface">
      <Title order={2} size="h5" px="lg" pt="md" pb="xs">
        {texts.title}
      </Title>
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {(mine === null || (data !== undefined && invitations.length === 0)) && (
        <Text size="sm" c="dimmed" px="lg" pb="md">
          {mine === null ? texts.closed : texts.none}
        </Text>
      )}
      {invitations.length > 0 && (
        <Table.ScrollContainer minWidth={640}>
          <Table verticalSpacing="sm" horizontalSpacing="lg" className={classes.table}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{texts.columns.note}</Table.Th>
                <Table.Th>{texts.columns.role}</Table.Th>
                <Table.Th>{texts.columns.state}</Table.Th>
                <Table.Th>{texts.columns.made}</Table.Th>
                <Table.Th ta="right">{texts.columns.actions}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {invitations.map((one) => (
                <InvitationRow key={one.id} invitation={one} me={me} known={known} mine={mine} onTakeBack={() => takeBack(one)} />
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {hasNextPage && (
        <Group justify="center" pb="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {partsTexts.loadMore}
          </Button>
        </Group>
      )}
      {takenBack !== null && <TakeBackDialog account={account} invitation={takenBack} onClose={() => takeBack(null)} />}
    </Card>
  );
}

interface InvitationRowProps {
  invitation: Invitation;
  me: string | null;
  known: KnownPeople;
  mine: string | null;
  onTakeBack: () => void;
}

function InvitationRow({ invitation, me, known, mine, onTakeBack }: InvitationRowProps) {
  const now = useNow().getTime();
  const open = isOpen(invitation, now);
  const who = invitation.note ?? texts.noNote;
  return (
    <Table.Tr>
      <Table.Td>
        <Text size="sm">{who}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm">{teamTexts.roles[invitation.role]}</Text>
      </Table.Td>
      <Table.Td>
        <Stack gap={0}>
          <Text size="sm" {...(open ? {} : { c: "dimmed" })}>
            {invitationWords(invitation, now)}
          </Text>
          {invitation.accepted_by !== null && (
            <Text size="xs" c="dimmed">
              {partsTexts.people.by(personName(invitation.accepted_by, me, known))}
            </Text>
          )}
        </Stack>
      </Table.Td>
      <Table.Td>
        <Stack gap={0}>
          <TimeAgo time={invitation.created_at} />
          <Text size="xs" c="dimmed">
            {partsTexts.people.by(personName(invitation.created_by, me, known))}
          </Text>
        </Stack>
      </Table.Td>
      <Table.Td ta="right">
        {open && managesRole(mine, invitation.role) && (
          <Button size="compact-sm" variant="subtle" color="red" aria-label={texts.revokeOf(who)} onClick={onTakeBack}>
            {texts.revoke}
          </Button>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

function TakeBackDialog({ account, invitation, onClose }: { account: string; invitation: Invitation; onClose: () => void }) {
  const taking = useTakeBack(account);
  function take(): void {
    taking.mutate(invitation.id, {
      onSuccess: () => {
        notifications.show({ message: teamTexts.revoking.done });
        onClose();
      },
    });
  }
  return (
    <ConfirmDialog
      title={teamTexts.revoking.title}
      text={teamTexts.revoking.text}
      action={texts.revoke}
      isPending={taking.isPending}
      error={taking.error}
      onConfirm={take}
      onClose={onClose}
    />
  );
}
