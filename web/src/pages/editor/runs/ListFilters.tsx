import { Group, Select } from "@mantine/core";

import { editorRunsTexts } from "@/texts/editor-runs";
import { runsTexts } from "@/texts/runs";

import { RecordPicker } from "@/pages/editor/start/RecordPicker";
import { KINDS, oneOf, type RunFilters, SPANS, STATUSES } from "./filters";
import { classes } from "./classes";

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
      <Group gap={8} grow>
        <Select
          size="xs"
          aria-label={own.kind}
          data={KINDS.map((value) => ({ value, label: own.kinds[value] }))}
          value={filters.kind}
          onChange={(value) => onChange({ ...filters, kind: oneOf(KINDS, value) ?? "all" })}
          allowDeselect={false}
        />
        <RecordPicker
          account={account}
          kind="lead"
          value={filters.lead}
          placeholder={recordTexts.placeholder}
          clearLabel={recordTexts.clear}
          onChange={(lead) => onChange({ ...filters, lead })}
        />
      </Group>
    </div>
  );
}
