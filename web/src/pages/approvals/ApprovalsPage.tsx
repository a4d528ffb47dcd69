import { Button, Card, Center, SegmentedControl, Stack } from "@mantine/core";
import { Stamp } from "lucide-react";
import { Link, useSearchParams } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount } from "@/session/accounts";
import { approvalsTexts as texts } from "@/texts/approvals";
import { partsTexts } from "@/texts/parts";

import { ApprovalDrawer } from "./ApprovalDrawer";
import { ApprovalTable } from "./ApprovalTable";
import { useApprovals } from "./queries";
import { openFirst, readWhich, WHICH, type Which } from "./words";

export function ApprovalsPage() {
  const account = useAccount();
  return account === null ? null : <ApprovalsOf key={account.account_id} account={account.account_id} />;
}

function ApprovalsOf({ account }: { account: string }) {
  const [parameters, setParameters] = useSearchParams();
  const which = readWhich(parameters.get("which"));
  const opened = parameters.get("approval");
  const { approvals, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useApprovals(account, which);

  function show(wanted: Which, approval: string | null): void {
    setParameters({ ...(wanted === "open" ? {} : { which: wanted }), ...(approval === null ? {} : { approval }) }, { replace: true });
  }

  return (
    <>
      <PageHeader
        title={texts.title}
        text={texts.text}
        actions={
          <SegmentedControl
            aria-label={texts.which.label}
            data={WHICH.map((value) => ({ value, label: texts.which[value] }))}
            value={which}
            onChange={(value) => show(readWhich(value), null)}
          />
        }
      />
      <Stack gap="md">
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Loading />
        )}
        {data !== undefined && (
          <Card withBorder padding={0} radius="lg" className="surface">
            {approvals.length === 0 ? (
              <EmptyState
                icon={Stamp}
                title={texts.empty[which]}
                text={texts.empty.text}
                actions={
                  <Button component={Link} to="/automations" variant="default">
                    {texts.empty.action}
                  </Button>
                }
              />
            ) : (
              <ApprovalTable approvals={openFirst(approvals)} onOpen={(id) => show(which, id)} />
            )}
          </Card>
        )}
        {hasNextPage && (
          <Center>
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {partsTexts.loadMore}
            </Button>
          </Center>
        )}
      </Stack>
      {opened !== null && <ApprovalDrawer key={opened} id={opened} account={account} onClose={() => show(which, null)} />}
    </>
  );
}
