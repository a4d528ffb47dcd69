import { Button, Card, Divider, Group, Stack, Title } from "@mantine/core";
import { Bot } from "lucide-react";
import { Fragment, useState } from "react";
import { Link } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMayRun } from "@/session/accounts";
import { aiToolsTexts as texts } from "@/texts/ai-tools";
import { partsTexts } from "@/texts/parts";

import { CallDialog } from "./CallDialog";
import { Connect } from "./Connect";
import { useTools } from "./queries";
import { ToolItem } from "./ToolItem";
import type { Tool } from "./tools";

export function AiToolsPage() {
  const account = useAccount();
  return account === null ? null : <AiToolsOf key={account.account_id} account={account.account_id} />;
}

function AiToolsOf({ account }: { account: string }) {
  const mayRun = useMayRun();
  const { tools, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useTools(account);
  const [tried, tryOut] = useState<Tool | null>(null);
  return (
    <>
      <PageHeader title={texts.title} text={texts.text} />
      <Stack gap="lg">
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Loading />
        )}
        {data !== undefined && (
          <Card withBorder padding={0} radius="lg" className="surface">
            {tools.length === 0 ? (
              <EmptyState
                icon={Bot}
                title={texts.empty.title}
                text={texts.empty.text}
                actions={
                  <Button component={Link} to="/automations" variant="default">
                    {texts.empty.go}
                  </Button>
                }
              />
            ) : (
              <>
                <Title order={2} size="h5" px="lg" pt="md">
                  {texts.list}
                </Title>
                {tools.map((tool, index) => (
                  <Fragment key={tool.name}>
                    {index > 0 && <Divider />}
                    <ToolItem tool={tool} mayRun={mayRun} onTry={() => tryOut(tool)} />
                  </Fragment>
                ))}
              </>
            )}
          </Card>
        )}
        {hasNextPage && (
          <Group justify="center">
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {partsTexts.loadMore}
            </Button>
          </Group>
        )}
        <Connect />
      </Stack>
      {tried !== null && <CallDialog account={account} tool={tried} onClose={() => tryOut(null)} />}
    </>
  );
}
