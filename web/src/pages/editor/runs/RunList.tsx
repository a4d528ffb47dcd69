import { Button, Center, Loader, ScrollArea } from "@mantine/core";
import { History, SearchX } from "lucide-react";
import { useState } from "react";
import { useSearchParams } from "react-router";

import { BulkBar } from "@/parts/bulk/BulkBar";
import { BulkDialog } from "@/parts/bulk/BulkDialog";
import type { Deed } from "@/parts/bulk/deeds";
import { EmptyState } from "@/parts/EmptyState";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useMayChange } from "@/session/accounts";
import { fitting, useBulkRuns } from "@/session/bulkRuns";
import { useStarterOf } from "@/session/people";
import { partsTexts } from "@/texts/parts";
import { editorRunsTexts as texts } from "@/texts/editor-runs";

import type { Automation } from "@/pages/editor/tabs";
import { readFilters, sinceOf, writeFilters } from "./filters";
import { ListFilters } from "./ListFilters";
import { useRunList } from "./queries";
import { RunItem } from "./RunItem";
import { classes } from "./classes";

export function RunList({ automation, chosen }: { automation: Automation; chosen: string }) {
  const [parameters, setParameters] = useSearchParams();
  const filters = readFilters(parameters);
  const { runs, data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useRunList(automation.id, filters);
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const mayChange = useMayChange();
  const starterOf = useStarterOf(automation.user_id);
  const isEmpty = data !== undefined && runs.length === 0;
  const isFiltered = writeFilters(filters).size > 0;

  const chosenRuns = runs.filter((run) => selected.has(run.id));
  const bulk = useBulkRuns(() => setSelected(new Set()));

  function askFor(deed: Deed): void {
    const where = { automation_id: automation.id, lead_id: filters.lead, since: sinceOf(filters.span, Date.now()) };
    bulk.ask({ deed, which: chosenRuns.length === 0 ? { where } : { ids: fitting(chosenRuns, deed.kind) } });
  }

  function select(id: string, isSelected: boolean): void {
    setSelected((now) => new Set(isSelected ? [...now, id] : [...now].filter((one) => one !== id)));
  }

  return (
    <section className={classes.list} aria-label={texts.list}>
      <ListFilters account={automation.user_id} filters={filters} onChange={(wanted) => setParameters(writeFilters(wanted), { replace: true })} />
      {mayChange && !isEmpty && (
        <div className={classes.bulk}>
          <BulkBar
            listed={runs.length}
            selected={chosenRuns.length}
            published={automation.published_number}
            onSelectAll={(on) => setSelected(new Set(on ? runs.map((run) => run.id) : []))}
            onAsk={askFor}
          />
        </div>
      )}
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
      <ScrollArea flex={1} mih={0} type="auto">
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && (
          <Center py={64}>
            <Loader aria-label={partsTexts.loading} />
          </Center>
        )}
        {isEmpty &&
          (isFiltered ? (
            <EmptyState icon={SearchX} title={texts.noMatch.title} text={texts.noMatch.text} />
          ) : (
            <EmptyState icon={History} title={texts.empty.title} text={texts.empty.text} />
          ))}
        <ul className={classes.items}>
          {runs.map((run) => (
            <RunItem
              key={run.id}
              run={run}
              by={starterOf(run)}
              search={parameters.toString()}
              isChosen={run.id === chosen}
              isSelected={selected.has(run.id)}
              onSelect={mayChange ? (on) => select(run.id, on) : null}
            />
          ))}
        </ul>
        {hasNextPage && (
          <Center py="sm">
            <Button size="xs" variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
              {partsTexts.loadMore}
            </Button>
          </Center>
        )}
      </ScrollArea>
    </section>
  );
}
