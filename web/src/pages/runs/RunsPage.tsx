import { Box, Button, Card, Center, Stack } from "@mantine/core";
import { History } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { Link, useSearchParams } from "react-router";

import { BulkBar } from "@/parts/bulk/BulkBar";
import { BulkDialog } from "@/parts/bulk/BulkDialog";
import type { Deed } from "@/parts/bulk/deeds";
import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { NoMatch } from "@/parts/NoMatch";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMayChange } from "@/session/accounts";
import { fitting, useBulkRuns } from "@/session/bulkRuns";
import { partsTexts } from "@/texts/parts";
import { runsTexts as texts } from "@/texts/runs";

import { FilterBar } from "./FilterBar";
import { askedFor, isFiltered, NO_FILTERS, readFilters, writeFilters } from "./filters";
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
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const mayChange = useMayChange();
  const chosen = runs.filter((one) => selected.has(one.id));
  const bulk = useBulkRuns(() => setSelected(new Set()));
  const isEmpty = data !== undefined && runs.length === 0;

  function select(id: string, isSelected: boolean): void {
    setSelected((now) => new Set(isSelected ? [...now, id] : [...now].filter((one) => one !== id)));
  }

  function askFor(deed: Deed): void {
    const { since, automation_id } = askedFor(filters, Date.now());
    const where = { account, automation_id: automation_id ?? null, since: since ?? null };
    bulk.ask({ deed, which: chosen.length === 0 ? { where } : { ids: fitting(chosen, deed.kind) } });
  }

  return (
    <>
      <PageHeader title={texts.title} text={texts.text} />
      <Stack gap="md">
        <FilterBar filters={filters} names={names} onChange={(wanted) => setParameters(writeFilters(wanted), { replace: true })} />
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Loading />
        )}
        {isEmpty && isFiltered(filters) && (
          <NoMatch texts={texts.noMatch} onClear={() => setParameters(writeFilters(NO_FILTERS), { replace: true })} />
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
            {mayChange && (
              <Box px="lg" py={8}>
                <BulkBar
                  listed={runs.length}
                  selected={chosen.length}
                  onSelectAll={(on) => setSelected(new Set(on ? runs.map((one) => one.id) : []))}
                  onAsk={askFor}
                />
              </Box>
            )}
            <RunTable account={account} runs={runs} names={names} onOpen={open} onSelect={mayChange ? select : null} selected={selected} />
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
      {bulk.asked !== null && (
        <BulkDialog
          deed={bulk.asked.deed}
          count={bulk.count.data}
          error={bulk.count.error}
          isPending={bulk.isPending}
          onClose={bulk.close}
          onConfirm={bulk.confirm}
        />
      )}
      {run !== undefined && (
        <Suspense fallback={null}>
          <RunDrawer run={run} name={names.get(run.automation_id)?.name ?? texts.gone} onClose={() => open(null)} />
        </Suspense>
      )}
    </>
  );
}
