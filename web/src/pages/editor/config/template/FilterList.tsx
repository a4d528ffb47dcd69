import { Code, Text, UnstyledButton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { filterIn } from "@/flow/templateText";
import { answer, api } from "@/session/client";
import { variableTexts as texts } from "@/texts/variables";

import classes from "./template.module.css";

interface FilterListProps {
  readonly id: string;
  readonly search: string;
  readonly isEnabled: boolean;
  readonly onFilter: (filter: string) => void;
}

export function useExpressions() {
  return useQuery({ queryKey: ["expressions"], queryFn: () => answer(api.GET("/api/v1/expressions")), staleTime: Infinity });
}

export function FilterList({ id, search, isEnabled, onFilter }: FilterListProps) {
  const { data } = useExpressions();
  const found = (data?.filters ?? []).filter(({ name, example }) => `${name} ${example}`.toLowerCase().includes(search.trim().toLowerCase()));
  return (
    <div id={id} className={classes.list}>
      <Text size="xs" c="dimmed" px={6} py={6}>
        {isEnabled ? texts.filterHint : texts.noBraces}
      </Text>
      {found.map(({ name, example }) => (
        <UnstyledButton
          key={name}
          className={classes.option}
          w="100%"
          disabled={!isEnabled}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => onFilter(filterIn(name, example))}
        >
          <span className={classes.name}>{name}</span>
          <Code className={classes.sample}>{example}</Code>
        </UnstyledButton>
      ))}
    </div>
  );
}
