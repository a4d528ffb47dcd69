import { Badge, Button, Code, Group, Select, Stack, Table, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import { type KnownPeople, nameOf, personName } from "@/parts/people";
import { notifyProblem } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { teamTexts as texts } from "@/texts/team";

import { type Member, useSetRole } from "./queries";
import { managesRole, readRole, ROLES } from "./roles";

interface MemberRowProps {
  member: Member;
  isMe: boolean;
  known: KnownPeople;
  /** The caller's own role; null: they manage nobody. */
  mine: string | null;
  onRemove: () => void;
}

export function MemberRow({ member, isMe, known, mine, onRemove }: MemberRowProps) {
  const setting = useSetRole(member.account_id);
  const name = isMe ? texts.members.you : personName(member.id, null, known);
  const manages = managesRole(mine, member.role);

  function set(text: string | null): void {
    const role = readRole(text);
    if (role === null || role === member.role) return;
    setting.mutate(
      { id: member.id, role },
      { onSuccess: () => notifications.show({ message: texts.changed(name, texts.roles[role]) }), onError: notifyProblem },
    );
  }

  return (
    <Table.Tr>
      <Table.Td>
        <PersonName id={member.id} isMe={isMe} known={known} />
      </Table.Td>
      <Table.Td>
        {manages ? (
          <Select
            size="xs"
            w={130}
            aria-label={texts.roleOf(name)}
            data={ROLES.map((role) => ({ value: role, label: texts.roles[role], disabled: !managesRole(mine, role) }))}
            value={member.role}
            onChange={set}
            allowDeselect={false}
            disabled={setting.isPending}
          />
        ) : (
          <Text size="sm">{texts.roles[member.role]}</Text>
        )}
      </Table.Td>
      <Table.Td>
        <TimeAgo time={member.created_at} />
      </Table.Td>
      <Table.Td ta="right">
        {isMe ? (
          <Button size="compact-sm" variant="subtle" color="red" onClick={onRemove}>
            {texts.leave}
          </Button>
        ) : (
          <Tooltip label={mine === null ? texts.why : texts.whyOwner} disabled={manages}>
            <Button size="compact-sm" variant="subtle" color="red" disabled={!manages} aria-label={texts.removeOf(name)} onClick={onRemove}>
              {texts.remove}
            </Button>
          </Tooltip>
        )}
      </Table.Td>
    </Table.Tr>
  );
}

/** The account is its owner always, and stands in no list. */
export function AccountRow({ account, isMe, known }: { account: string; isMe: boolean; known: KnownPeople }) {
  return (
    <Table.Tr>
      <Table.Td>
        <PersonName id={account} isMe={isMe} known={known} />
      </Table.Td>
      <Table.Td>
        <Text size="sm">{texts.roles.owner}</Text>
      </Table.Td>
      <Table.Td>
        <Text size="sm" c="dimmed">
          {texts.members.account}
        </Text>
      </Table.Td>
      <Table.Td />
    </Table.Tr>
  );
}

function PersonName({ id, isMe, known }: { id: string; isMe: boolean; known: KnownPeople }) {
  const name = nameOf(known, id);
  const email = known.get(id)?.email ?? null;
  return (
    <Group gap="xs" wrap="nowrap">
      {name === null ? (
        <Code title={id}>{id.slice(0, 8)}</Code>
      ) : (
        <Stack gap={0} title={id}>
          <Text size="sm" fw={550}>
            {name}
          </Text>
          {email !== null && email !== name && (
            <Text size="xs" c="dimmed">
              {email}
            </Text>
          )}
        </Stack>
      )}
      {isMe && (
        <Badge variant="light" radius="sm" tt="none">
          {texts.members.you}
        </Badge>
      )}
    </Group>
  );
}
