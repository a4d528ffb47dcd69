import { Button, Card, Tooltip } from "@mantine/core";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";

import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMayChange } from "@/session/accounts";
import { secretsTexts as texts } from "@/texts/secrets";

import { DeleteDialog } from "./DeleteDialog";
import { type Secret, useSecrets } from "./queries";
import { SecretDialog } from "./SecretDialog";
import { SecretTable } from "./SecretTable";

type Opened = { readonly what: "set"; readonly name: string | null } | { readonly what: "delete"; readonly secret: Secret };

export function SecretsPage() {
  const account = useAccount();
  return account === null ? null : <SecretsOf key={account.account_id} account={account.account_id} />;
}

function SecretsOf({ account }: { account: string }) {
  const mayChange = useMayChange();
  const { data, error, refetch } = useSecrets(account);
  const [opened, open] = useState<Opened | null>(null);
  const close = () => open(null);
  const secrets = data?.items ?? [];
  const add = (
    <Tooltip label={texts.why} disabled={mayChange}>
      <Button leftSection={<Plus size={16} />} disabled={!mayChange} onClick={() => open({ what: "set", name: null })}>
        {texts.add}
      </Button>
    </Tooltip>
  );
  return (
    <>
      <PageHeader title={texts.title} text={texts.text} actions={secrets.length > 0 && add} />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && (
        <Loading />
      )}
      {data !== undefined && (
        <Card withBorder padding={0} radius="lg" className="surface">
          {secrets.length === 0 ? (
            <EmptyState icon={KeyRound} title={texts.empty.title} text={texts.empty.text} actions={add} />
          ) : (
            <SecretTable
              secrets={secrets}
              mayChange={mayChange}
              onReplace={({ name }) => open({ what: "set", name })}
              onDelete={(secret) => open({ what: "delete", secret })}
            />
          )}
        </Card>
      )}
      {opened?.what === "set" && (
        <SecretDialog account={account} replaced={opened.name} taken={secrets.map(({ name }) => name)} onClose={close} />
      )}
      {opened?.what === "delete" && <DeleteDialog account={account} secret={opened.secret} onClose={close} />}
    </>
  );
}
