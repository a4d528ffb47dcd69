import { Button, Card, Center, Loader, Stack } from "@mantine/core";
import { History, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount } from "@/session/accounts";
import { commonTexts } from "@/texts/common";
import { runsTexts as texts } from "@/texts/runs";

import { FilterBar } from "./FilterBar";
import { isFiltered, NO_FILTERS, readFilters, writeFilters } from "./filters";
import { useNames, useRuns } from "./queries";
import { RunTable } from "./RunTable";

const RunDrawer = lazy(async () => ({ default: (await import("./RunDrawer")).RunDrawer }));

export function RunsPage() {
  const account = useAccount();
  return account === null ? null : <RunsOf account={account.account_id} />;
}

function RunsOf({ account }: { account: string }) {
  const [parameters, setParameters] = useSearchParams();
  const filters = readFilters(parameters);
  const names = useNames(account);
  const { runs, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useRuns(account, filters);
  const [opened, open] = useState<string | null>(null);
  const run = runs.find((one) => one.id === opened);
  const isEmpty = data !== undefined && runs.length === 0;

  return (
    <>
      <PageHeader title={texts.title} text={texts.text} />
      <Stack gap="md">
        <FilterBar filters={filters} names={names} onChange={(wanted) => setParameters(writeFilters(wanted), { replace: true })} />
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Center py={96}>
            <Loader aria-label={commonTexts.loading} />
          </Center>
        )}
        {isEmpty && isFiltered(filters) && (
          <EmptyState
            icon={SearchX}
            title={texts.noMatch.title}
            text={texts.noMatch.text}
            actions={
              <Button variant="default" onClick={() => setParameters(writeFilters(NO_FILTERS), { replace: true })}>
                {commonTexts.clearFilters}
              </Button>
            }
          />
        )}
        {isEmpty && !isFiltered(filters) && (
          <Card withBorder radius="lg" className="surface">
            <EmptyState
              icon={History}
              title={texts.empty.title}
              text={texts.empty.text}
              actions={
                <Button component={Link} to="/automations" variant="default">
                  {texts.empty.action}
                </Button>
              }
            />
          </Card>
        )}
        {runs.length > 0 && (
          <Card withBorder padding={0} radius="lg" className="surface">
            <RunTable runs={runs} names={names} onOpen={open} />
          </Card>
        )}
        {hasNextPage && (
          <Center>
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {commonTexts.loadMore}
            </Button>
          </Center>
        )}
      </Stack>
      {run !== undefined && (
        <Suspense fallback={null}>
          <RunDrawer run={run} name={names.get(run.automation_id)?.name ?? texts.gone} onClose={() => open(null)} />
        </Suspense>
      )}
    </>
  );
}
