import { Button, Stack, Tooltip } from "@mantine/core";
import { UserPlus } from "lucide-react";
import { useState } from "react";

import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useManages, useMe } from "@/session/accounts";
import { teamTexts as texts } from "@/texts/team";

import { InvitationTable } from "./InvitationTable";
import { InviteDialog } from "./InviteDialog";
import { MemberTable } from "./MemberTable";
import { useMembers } from "./queries";

export function TeamPage() {
  const account = useAccount();
  return account === null ? null : <TeamOf key={account.account_id} account={account.account_id} role={account.role} />;
}

function TeamOf({ account, role }: { account: string; role: string | null }) {
  const manages = useManages();
  const { data: me } = useMe();
  const { data, error, refetch } = useMembers(account);
  const [isInviting, setInviting] = useState(false);
  const mine = manages ? role : null;
  // A key acts as the account and is nobody.
  const myId = me === undefined || me.key !== null ? null : me.user_id;
  return (
    <>
      <PageHeader
        title={texts.title}
        text={texts.text}
        actions={
          data !== undefined && (
            <Tooltip label={texts.why} disabled={manages}>
              <Button leftSection={<UserPlus size={16} />} disabled={!manages} onClick={() => setInviting(true)}>
                {texts.invite}
              </Button>
            </Tooltip>
          )
        }
      />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && (
        <Loading />
      )}
      {data !== undefined && (
        <Stack gap="lg">
          <MemberTable account={account} me={myId} mine={mine} />
          <InvitationTable account={account} me={myId} mine={mine} />
        </Stack>
      )}
      {isInviting && <InviteDialog account={account} mine={mine} onClose={() => setInviting(false)} />}
    </>
  );
}
