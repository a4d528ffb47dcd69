import { Button, Card, Group, Table, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { listKeys } from "@/lib/list-keys";
import { ConfirmDialog } from "@/parts/ConfirmDialog";
import { personName } from "@/parts/people";
import classes from "@/parts/table.module.css";
import { NOT_YET, useKnownPeople } from "@/session/people";
import { partsTexts } from "@/texts/parts";
import { teamTexts as texts } from "@/texts/team";

import { AccountRow, MemberRow } from "./MemberRow";
import { type Member, useMembers, useRemoveMember } from "./queries";

interface MemberTableProps {
  account: string;
  me: string | null;
  mine: string | null;
}

export function MemberTable({ account, me, mine }: MemberTableProps) {
  const { members, hasNextPage, fetchNextPage, isFetchingNextPage } = useMembers(account);
  const known = useKnownPeople(account);
  const [removed, remove] = useState<Member | null>(null);
  return (
    <Card withBorder padding={0} radius="lg" className="surface">
      <Title order={2} size="h5" px="lg" pt="md" pb="xs">
        {texts.members.title}
      </Title>
      <Table.ScrollContainer minWidth={560}>
        <Table verticalSpacing="sm" horizontalSpacing="lg" className={classes.table}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{texts.members.name}</Table.Th>
              <Table.Th>{texts.members.role}</Table.Th>
              <Table.Th>{texts.members.since}</Table.Th>
              <Table.Th ta="right">{texts.members.actions}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <AccountRow account={account} isMe={account === me} known={known} />
            {members.map((member) => (
              <MemberRow key={member.id} member={member} isMe={member.id === me} known={known} mine={mine} onRemove={() => remove(member)} />
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {members.length === 0 && mine !== null && (
        <Text size="sm" c="dimmed" px="lg" pb="md">
          {texts.alone}
        </Text>
      )}
      {known !== NOT_YET && known.size === 0 && (
        <Text size="sm" c="dimmed" px="lg" pb="md">
          {texts.unnamed}
        </Text>
      )}
      {hasNextPage && (
        <Group justify="center" pb="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {partsTexts.loadMore}
          </Button>
        </Group>
      )}
      {removed !== null && <RemoveDialog member={removed} isMe={removed.id === me} onClose={() => remove(null)} />}
    </Card>
  );
}

function RemoveDialog({ member, isMe, onClose }: { member: Member; isMe: boolean; onClose: () => void }) {
  const removing = useRemoveMember(member.account_id);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const name = personName(member.id, null, useKnownPeople(member.account_id));

  async function after(): Promise<void> {
    onClose();
    notifications.show({ message: isMe ? texts.leaving.done : texts.removing.done(name) });
    if (!isMe) return queries.invalidateQueries({ queryKey: listKeys.team(member.account_id) });
    // First away from what asks about an account that is no longer reached.
    await navigate("/automations");
    return queries.resetQueries({ queryKey: ["me"] });
  }

  return (
    <ConfirmDialog
      title={isMe ? texts.leaving.title : texts.removing.title(name)}
      text={isMe ? texts.leaving.text : texts.removing.text}
      action={isMe ? texts.leave : texts.remove}
      isPending={removing.isPending}
      error={removing.error}
      onConfirm={() => removing.mutate(member.id, { onSuccess: () => void after() })}
      onClose={onClose}
    />
  );
}
