import { Button, Card, Center, Group, Select, Stack, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Plus, Search, Users } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { isFiltered, NO_FILTERS, readFilters, wordsOf, writeFilters } from "@/pages/records/filters";
import { useLeads, useNewestLeads } from "@/pages/records/queries";
import { EmptyState } from "@/parts/EmptyState";
import { Loading } from "@/parts/Loading";
import { NoMatch } from "@/parts/NoMatch";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMayChange } from "@/session/accounts";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

import { LeadTable } from "./LeadTable";
import { NewLeadDialog } from "./NewLeadDialog";

const texts = recordsTexts.leads;
const ANY = "";

export function LeadsPage() {
  const account = useAccount();
  return account === null ? null : <LeadsOf account={account.account_id} />;
}

function LeadsOf({ account }: { account: string }) {
  const [parameters, setParameters] = useSearchParams();
  const filters = readFilters(parameters);
  const [search] = useDebouncedValue(filters.search, 200);
  const { leads, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useLeads(account, { ...filters, search });
  const stages = wordsOf(
    useNewestLeads(account).map((lead) => lead.stage),
    filters.stage,
  );
  const [isMaking, setMaking] = useState(false);
  const mayChange = useMayChange();
  const isEmpty = data !== undefined && leads.length === 0;
  const filterBy = (wanted: typeof filters) => setParameters(writeFilters(wanted), { replace: true });
  const add = mayChange && (
    <Button leftSection={<Plus size={16} />} onClick={() => setMaking(true)}>
      {texts.new}
    </Button>
  );

  return (
    <>
      <PageHeader title={texts.title} text={texts.text} actions={add} />
      <Stack gap="md">
        <Group gap="sm">
          <TextInput
            flex="1 1 260px"
            maw={420}
            type="search"
            aria-label={texts.search}
            placeholder={texts.search}
            leftSection={<Search size={15} />}
            value={filters.search}
            onChange={(event) => filterBy({ ...filters, search: event.currentTarget.value })}
          />
          <Select
            w={190}
            aria-label={texts.stage}
            data={[{ value: ANY, label: texts.anyStage }, ...stages]}
            value={filters.stage ?? ANY}
            onChange={(stage) => filterBy({ ...filters, stage: stage === ANY ? null : stage })}
            allowDeselect={false}
          />
        </Group>
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Loading />
        )}
        {isEmpty && isFiltered(filters) && (
          <NoMatch texts={texts.noMatch} onClear={() => filterBy(NO_FILTERS)} />
        )}
        {isEmpty && !isFiltered(filters) && (
          <Card withBorder radius="lg" className="surface">
            <EmptyState icon={Users} title={texts.empty.title} text={mayChange ? texts.empty.text : recordsTexts.readOnly} actions={add} />
          </Card>
        )}
        {leads.length > 0 && (
          <Card withBorder padding={0} radius="lg" className="surface">
            <LeadTable leads={leads} />
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
      {isMaking && <NewLeadDialog account={account} stages={stages} onClose={() => setMaking(false)} />}
    </>
  );
}
