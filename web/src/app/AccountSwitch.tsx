import { Group, Menu, Stack, Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { Building2, Check, ChevronsUpDown, LogOut } from "lucide-react";

import { IconTile } from "@/parts/IconTile";
import { nameOf } from "@/parts/people";
import { useAccount, useMe } from "@/session/accounts";
import { useKnownPeople } from "@/session/people";
import { useSession } from "@/session/store";
import { shellTexts } from "@/texts/shell";

import classes from "./AccountSwitch.module.css";

const texts = shellTexts.account;

/** Accounts are called as whom they belong to; where that is not known, one's own is called so, others by their id. */
export function AccountSwitch() {
  const { data: me } = useMe();
  const account = useAccount();
  const { chooseAccount, signOut } = useSession.getState();
  const known = useKnownPeople(null);
  const isOwn = (id: string) => id === me?.user_id && me.key === null;
  const titleOf = (id: string) => nameOf(known, id) ?? (isOwn(id) ? texts.own : texts.other(id));
  const noteOf = (id: string, role: string | null) => (isOwn(id) && nameOf(known, id) !== null ? texts.own : texts.role(role));
  const accounts = me?.accounts ?? [];

  return (
    <Menu position="bottom-start" width="target">
      <Menu.Target>
        <UnstyledButton className={classes.button}>
          <Group gap={10} wrap="nowrap">
            <IconTile color={null} size={30}>
              <Building2 size={16} />
            </IconTile>
            <Stack gap={0} flex={1} miw={0}>
              <Text size="sm" fw={550} truncate>
                {account === null ? texts.none : titleOf(account.account_id)}
              </Text>
              <Text size="xs" c="dimmed" truncate>
                {me?.key != null ? texts.key : account === null ? "" : noteOf(account.account_id, account.role)}
              </Text>
            </Stack>
            <VisuallyHidden>{texts.choose}</VisuallyHidden>
            <ChevronsUpDown size={15} aria-hidden />
          </Group>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        {accounts.map(({ account_id: id, role }) => (
          <Menu.Item
            key={id}
            onClick={() => chooseAccount(id)}
            rightSection={id === account?.account_id ? <Check size={15} aria-hidden /> : undefined}
            aria-current={id === account?.account_id}
          >
            {titleOf(id)}
            <Text size="xs" c="dimmed">
              {noteOf(id, role)}
            </Text>
          </Menu.Item>
        ))}
        {accounts.length > 0 && <Menu.Divider />}
        <Menu.Item leftSection={<LogOut size={15} aria-hidden />} onClick={() => signOut("person")}>
          {shellTexts.signOut}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
