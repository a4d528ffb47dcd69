import { Button, Card, Group, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { KeySquare, LockKeyhole, Plus } from "lucide-react";
import { useState } from "react";

import { ConfirmDialog } from "@/parts/ConfirmDialog";
import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useManages, useMe } from "@/session/accounts";
import { useKnownPeople } from "@/session/people";
import { apiKeysTexts as texts } from "@/texts/api-keys";
import { partsTexts } from "@/texts/parts";

import { KeyTable } from "./KeyTable";
import { NewKeyDialog } from "./NewKeyDialog";
import { type ApiKey, useApiKeys, useRevokeKey } from "./queries";

export function ApiKeysPage() {
  const account = useAccount();
  return account === null ? null : <ApiKeysOf key={account.account_id} account={account.account_id} />;
}

function ApiKeysOf({ account }: { account: string }) {
  const manages = useManages();
  const { data: me } = useMe();
  const known = useKnownPeople(account);
  const { keys, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useApiKeys(account, manages);
  const [opened, open] = useState<"new" | ApiKey | null>(null);
  const add = (
    <Tooltip label={texts.why} disabled={manages}>
      <Button leftSection={<Plus size={16} />} disabled={!manages} onClick={() => open("new")}>
        {texts.add}
      </Button>
    </Tooltip>
  );
  return (
    <>
      <PageHeader title={texts.title} text={texts.text} actions={(keys.length > 0 || !manages) && add} />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {manages && data === undefined && error === null && (
        <Loading />
      )}
      {!manages && (
        <Card withBorder padding={0} radius="lg" className="surface">
          <EmptyState icon={LockKeyhole} title={texts.closed.title} text={texts.closed.text} />
        </Card>
      )}
      {data !== undefined && (
        <Card withBorder padding={0} radius="lg" className="surface">
          {keys.length === 0 ? (
            <EmptyState icon={KeySquare} title={texts.empty.title} text={texts.empty.text} actions={add} />
          ) : (
            <KeyTable keys={keys} me={me?.user_id ?? null} known={known} onRevoke={open} />
          )}
        </Card>
      )}
      {hasNextPage && (
        <Group justify="center" mt="md">
          <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {partsTexts.loadMore}
          </Button>
        </Group>
      )}
      {opened === "new" && <NewKeyDialog account={account} onClose={() => open(null)} />}
      {opened !== null && opened !== "new" && <RevokeDialog account={account} apiKey={opened} onClose={() => open(null)} />}
    </>
  );
}

function RevokeDialog({ account, apiKey, onClose }: { account: string; apiKey: ApiKey; onClose: () => void }) {
  const revoking = useRevokeKey(account);
  function revoke(): void {
    revoking.mutate(apiKey.id, {
      onSuccess: () => {
        notifications.show({ message: texts.revoking.done(apiKey.name) });
        onClose();
      },
    });
  }
  return (
    <ConfirmDialog
      title={texts.revoking.title(apiKey.name)}
      text={texts.revoking.text}
      action={texts.revoke}
      isPending={revoking.isPending}
      error={revoking.error}
      onConfirm={revoke}
      onClose={onClose}
    />
  );
}
