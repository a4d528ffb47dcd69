import { Group, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { answer, api } from "@/session/client";
import { editorRunsTexts } from "@/texts/editor-runs";
import { runsTexts } from "@/texts/runs";

import { oneOf, type RunFilters, SPANS, STATUSES } from "./filters";
import classes from "./runs.module.css";

const texts = runsTexts.filters;
const { record: recordTexts, filters: own } = editorRunsTexts;

interface ListFiltersProps {
  account: string;
  filters: RunFilters;
  onChange: (filters: RunFilters) => void;
}

export function ListFilters({ account, filters, onChange }: ListFiltersProps) {
  return (
    <div className={classes.filters} role="search" aria-label={own.label}>
      <Group gap={8} grow>
        <Select
          size="xs"
          aria-label={own.status}
          data={STATUSES.map((value) => ({ value, label: texts.statuses[value] }))}
          value={filters.status}
          onChange={(value) => onChange({ ...filters, status: oneOf(STATUSES, value) ?? "all" })}
          allowDeselect={false}
        />
        <Select
          size="xs"
          aria-label={own.span}
          data={SPANS.map((value) => ({ value, label: texts.spans[value] }))}
          value={filters.span}
          onChange={(value) => onChange({ ...filters, span: oneOf(SPANS, value) ?? "all" })}
          allowDeselect={false}
        />
      </Group>
      <LeadFilter account={account} lead={filters.lead} onChange={(lead) => onChange({ ...filters, lead })} />
    </div>
  );
}

function LeadFilter({ account, lead, onChange }: { account: string; lead: string | null; onChange: (lead: string | null) => void }) {
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text, 250);
  const { data } = useQuery({
    queryKey: ["leads", account, "named", search],
    queryFn: () => answer(api.GET("/api/v1/leads", { params: { query: { account, limit: 20, ...(search === "" ? {} : { search }) } } })),
    placeholderData: keepPreviousData,
  });
  const found = (data?.items ?? []).map((one) => ({ value: one.id, label: one.name ?? one.email ?? one.id }));
  const options = lead === null || found.some((one) => one.value === lead) ? found : [...found, { value: lead, label: lead.slice(0, 8) }];
  return (
    <Select
      size="xs"
      searchable
      clearable
      clearButtonProps={{ "aria-label": recordTexts.clear }}
      aria-label={recordTexts.label}
      placeholder={recordTexts.placeholder}
      nothingFoundMessage={recordTexts.none}
      data={options}
      filter={({ options: all }) => all}
      value={lead}
      onChange={onChange}
      onSearchChange={setText}
    />
  );
}
