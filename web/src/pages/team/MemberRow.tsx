import { Badge, Button, Code, Group, Select, Table, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import { notifyProblem } from "@/parts/ProblemNotice";
import { TimeAgo } from "@/parts/TimeAgo";
import { teamTexts as texts } from "@/texts/team";

import { type Member, useSetRole } from "./queries";
import { managesRole, readRole, ROLES } from "./roles";

interface MemberRowProps {
  member: Member;
  isMe: boolean;
  /** The caller's own role; null: they manage nobody. */
  mine: string | null;
  onRemove: () => void;
}

export function MemberRow({ member, isMe, mine, onRemove }: MemberRowProps) {
  const setting = useSetRole(member.account_id);
  const name = isMe ? texts.members.you : member.id.slice(0, 8);
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
        <PersonName id={member.id} isMe={isMe} />
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
export function AccountRow({ account, isMe }: { account: string; isMe: boolean }) {
  return (
    <Table.Tr>
      <Table.Td>
        <PersonName id={account} isMe={isMe} />
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

function PersonName({ id, isMe }: { id: string; isMe: boolean }) {
  return (
    <Group gap="xs" wrap="nowrap">
      <Code title={id}>{id.slice(0, 8)}</Code>
      {isMe && (
        <Badge variant="light" radius="sm" tt="none">
          {texts.members.you}
        </Badge>
      )}
    </Group>
  );
}
