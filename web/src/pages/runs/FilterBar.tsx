import { Group, Select } from "@mantine/core";

import { runsTexts } from "@/texts/runs";

import { type Filters, oneOf, SPANS, STATUSES } from "./filters";
import type { Names } from "./queries";

const texts = runsTexts.filters;
const ANY = "any";

interface FilterBarProps {
  filters: Filters;
  names: Names;
  onChange: (filters: Filters) => void;
}

export function FilterBar({ filters, names, onChange }: FilterBarProps) {
  const automations = [...names.values()].map(({ id, name }) => ({ value: id, label: name }));
  return (
    <Group gap="sm">
      <Select
        flex="1 1 260px"
        maw={420}
        searchable
        aria-label={texts.automation}
        data={[{ value: ANY, label: texts.anyAutomation }, ...automations]}
        value={filters.automation ?? ANY}
        onChange={(value) => onChange({ ...filters, automation: value === ANY ? null : value })}
        allowDeselect={false}
      />
      <Select
        w={176}
        aria-label={texts.status}
        data={STATUSES.map((value) => ({ value, label: texts.statuses[value] }))}
        value={filters.status}
        onChange={(value) => onChange({ ...filters, status: oneOf(STATUSES, value, "all") })}
        allowDeselect={false}
      />
      <Select
        w={160}
        aria-label={texts.span}
        data={SPANS.map((value) => ({ value, label: texts.spans[value] }))}
        value={filters.span}
        onChange={(value) => onChange({ ...filters, span: oneOf(SPANS, value, "all") })}
        allowDeselect={false}
      />
    </Group>
  );
}
