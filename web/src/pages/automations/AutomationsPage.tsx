import { Button, Card, Center, Stack, Text } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { Plus } from "lucide-react";
import { lazy, Suspense } from "react";
import { useSearchParams } from "react-router";

import { Loading } from "@/parts/Loading";
import { NoMatch } from "@/parts/NoMatch";
import { PageHeader } from "@/parts/PageHeader";
import { usePendingDeletes } from "@/parts/pendingDeletes";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMayChange } from "@/session/accounts";
import { automationsTexts as texts } from "@/texts/automations";
import { partsTexts } from "@/texts/parts";

import { AutomationTable } from "./AutomationTable";
import { EmptyAutomations } from "./EmptyAutomations";
import { countsOf, sorted } from "./figures";
import { FilterBar } from "./FilterBar";
import { type Filters, isFiltered, NO_FILTERS, readFilters, writeFilters } from "./filters";
import { ImportButton } from "./ImportButton";
import { useAutomations, useDayOverview } from "./queries";

const CreateDialog = lazy(async () => ({ default: (await import("./create/CreateDialog")).CreateDialog }));

export function AutomationsPage() {
  const account = useAccount();
  return account === null ? null : <AutomationsOf account={account.account_id} />;
}

function AutomationsOf({ account }: { account: string }) {
  const mayChange = useMayChange();
  const [parameters, setParameters] = useSearchParams();
  const [isCreating, create] = useDisclosure(false);
  const filters = readFilters(parameters);
  const { rows, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage, isLoadingAll } = useAutomations(account, filters);
  const { data: overview } = useDayOverview(account);
  const pending = usePendingDeletes((deletes) => deletes.pending);

  const shown = sorted(rows, filters.sort, overview).filter((row) => !pending.has(row.id));
  const counts = overview === undefined ? null : countsOf(overview, rows, pending);
  const isEmpty = data !== undefined && shown.length === 0 && !hasNextPage;
  const setFilters = (wanted: Filters) => setParameters(writeFilters(wanted), { replace: true });

  return (
    <>
      <PageHeader
        title={texts.title}
        text={counts === null ? " " : texts.text(counts.total, counts.live)}
        actions={
          mayChange ? (
            <>
              <ImportButton account={account} />
              <Button leftSection={<Plus size={16} aria-hidden />} onClick={create.open}>
                {texts.create}
              </Button>
            </>
          ) : undefined
        }
      />
      <Stack gap="md">
        {(!isEmpty || isFiltered(filters)) && <FilterBar filters={filters} onChange={setFilters} />}
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Loading />
        )}
        {isEmpty && isFiltered(filters) && (
          <NoMatch texts={texts.noMatch} onClear={() => setFilters({ ...NO_FILTERS, sort: filters.sort })} />
        )}
        {isEmpty && !isFiltered(filters) && <EmptyAutomations mayChange={mayChange} onCreate={create.open} />}
        {shown.length > 0 && (
          <Card withBorder padding={0} radius="lg" className="surface">
            <AutomationTable account={account} rows={shown} overview={overview} mayChange={mayChange} />
          </Card>
        )}
        {isLoadingAll && (
          <Text size="sm" c="dimmed" ta="center" role="status">
            {texts.sorting}
          </Text>
        )}
        {hasNextPage && !isLoadingAll && (
          <Center>
            <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {partsTexts.loadMore}
            </Button>
          </Center>
        )}
      </Stack>
      {isCreating && (
        <Suspense fallback={null}>
          <CreateDialog account={account} onClose={create.close} />
        </Suspense>
      )}
    </>
  );
}
