import { Group, Select, TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { ArrowDownUp, Search } from "lucide-react";
import { useState } from "react";

import { automationsTexts } from "@/texts/automations";

import { type Filters, oneOf, SORTS, STATES, TRIGGERS } from "./filters";

const texts = automationsTexts.filters;
const TYPING = 250;

const options = <T extends string>(values: readonly T[], names: Readonly<Record<T, string>>) =>
  values.map((value) => ({ value, label: names[value] }));

export function FilterBar({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const [search, setSearch] = useState(filters.search);
  const [seen, setSeen] = useState(filters.search);
  const settle = useDebouncedCallback((text: string) => onChange({ ...filters, search: text }), TYPING);
  // Cleared or gone back to, not typed.
  if (filters.search !== seen) {
    setSeen(filters.search);
    setSearch(filters.search);
  }

  return (
    <Group gap="sm">
      <TextInput
        type="search"
        flex="1 1 220px"
        aria-label={texts.search}
        placeholder={texts.search}
        leftSection={<Search size={16} aria-hidden />}
        value={search}
        onChange={(event) => {
          setSearch(event.currentTarget.value);
          settle(event.currentTarget.value);
        }}
      />
      <Select
        w={154}
        aria-label={texts.state}
        data={options(STATES, texts.states)}
        value={filters.state}
        onChange={(value) => onChange({ ...filters, state: oneOf(STATES, value, "all") })}
        allowDeselect={false}
      />
      <Select
        w={154}
        aria-label={texts.trigger}
        data={options(TRIGGERS, texts.triggers)}
        value={filters.trigger}
        onChange={(value) => onChange({ ...filters, trigger: oneOf(TRIGGERS, value, "all") })}
        allowDeselect={false}
      />
      <Select
        w={154}
        aria-label={texts.sort}
        leftSection={<ArrowDownUp size={15} aria-hidden />}
        data={options(SORTS, texts.sorts)}
        value={filters.sort}
        onChange={(value) => onChange({ ...filters, sort: oneOf(SORTS, value, "newest") })}
        allowDeselect={false}
      />
    </Group>
  );
}
