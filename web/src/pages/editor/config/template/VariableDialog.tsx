import { Anchor, SegmentedControl, Stack, Text, TextInput } from "@mantine/core";
import { Search } from "lucide-react";
import { useId, useState } from "react";
import { Link } from "react-router";

import type { Source } from "@/flow/variables";
import { variableTexts as texts } from "@/texts/variables";

import { FilterList } from "./FilterList";
import classes from "./template.module.css";
import { useVariableList } from "./useVariableList";
import { VariableList } from "./VariableList";

interface VariableDialogProps {
  readonly sources: readonly Source[];
  readonly isSecret: boolean;
  readonly canFilter: boolean;
  readonly onPath: (path: string) => void;
  readonly onFilter: ((filter: string) => void) | null;
  readonly onClose: () => void;
}

export function VariableDialog({ sources, isSecret, canFilter, onPath, onFilter, onClose }: VariableDialogProps) {
  const listId = useId();
  const [search, setSearch] = useState("");
  const [shown, setShown] = useState<"variables" | "filters">("variables");
  const list = useVariableList(sources, search);
  return (
    // Escape, from whatever in it has the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <div
      role="dialog"
      aria-label={texts.dialog}
      className={classes.dialog}
      tabIndex={-1}
      onKeyDown={(event) => {
        if (event.key !== "Escape") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <Stack gap={8} className={classes.top}>
        {onFilter !== null && (
          <SegmentedControl
            size="xs"
            fullWidth
            aria-label={texts.lists}
            value={shown}
            onChange={setShown}
            data={[
              { value: "variables", label: texts.variables },
              { value: "filters", label: texts.filters },
            ]}
          />
        )}
        <TextInput
          size="xs"
          data-autofocus
          leftSection={<Search size={14} />}
          placeholder={texts.search}
          aria-label={texts.search}
          role="combobox"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={shown === "variables" ? list.activeId(listId) : undefined}
          value={search}
          onChange={(event) => setSearch(event.currentTarget.value)}
          onKeyDown={(event) => shown === "variables" && event.key !== "Tab" && list.onKey(event, onPath)}
        />
      </Stack>
      {shown === "filters" && onFilter !== null ? (
        <FilterList id={listId} search={search} isEnabled={canFilter} onFilter={onFilter} />
      ) : list.rows.length > 0 ? (
        <VariableList id={listId} list={list} onPath={onPath} />
      ) : (
        <Text id={listId} size="sm" c="dimmed" p="md">
          {search === "" ? (isSecret ? texts.noSecrets : texts.none) : texts.noneFound(search)}
        </Text>
      )}
      <div className={classes.foot}>
        {isSecret ? (
          <Anchor component={Link} to="/secrets" target="_blank" size="xs">
            {texts.newSecret}
          </Anchor>
        ) : (
          texts.keys
        )}
      </div>
    </div>
  );
}
