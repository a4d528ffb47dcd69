import { Alert, Stack } from "@mantine/core";
import { Eye } from "lucide-react";

import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useManages } from "@/session/accounts";
import { accountSettingsTexts as texts } from "@/texts/account-settings";

import { AiUse } from "./AiUse";
import { Elsewhere } from "./Elsewhere";
import { AI, MAIL } from "./fields";
import { useSettings } from "./queries";
import { SettingsForm } from "./SettingsForm";
import { You } from "./You";

export function SettingsPage() {
  const account = useAccount();
  return account === null ? null : <SettingsOf key={account.account_id} account={account.account_id} />;
}

function SettingsOf({ account }: { account: string }) {
  const isReadOnly = !useManages();
  const { data, error, refetch } = useSettings(account);
  return (
    <>
      <PageHeader title={texts.title} text={texts.text} />
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {data === undefined && error === null && <Loading />}
      {data !== undefined && (
        <Stack gap="lg" maw={800}>
          {isReadOnly && (
            <Alert variant="light" color="gray" radius="md" icon={<Eye size={18} />} title={texts.readOnly.title}>
              {texts.readOnly.text}
            </Alert>
          )}
          <You account={account} />
          <SettingsForm account={account} {...texts.mail} names={MAIL} settings={data.items} isReadOnly={isReadOnly} />
          <SettingsForm account={account} {...texts.ai} names={AI} settings={data.items} isReadOnly={isReadOnly} />
          <AiUse account={account} />
          <Elsewhere />
        </Stack>
      )}
    </>
  );
}
