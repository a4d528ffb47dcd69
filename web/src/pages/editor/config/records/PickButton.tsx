import { Button, Popover, ScrollArea, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { Search } from "lucide-react";
import { useState } from "react";

import { triggerTexts } from "@/texts/triggers";

import { useForm } from "@/pages/editor/config/form/FormContext";
import template from "@/pages/editor/config/template/template.module.css";
import type { Finder } from "./options";

const texts = triggerTexts.pick;
const AFTER_MS = 250;

interface PickButtonProps {
  readonly label: string;
  readonly useFound: Finder;
  readonly onPick: (id: string) => void;
  /** What is said where nothing is found. */
  readonly none?: string;
}

/** Finds a record by its name; its id is what is kept. */
export function PickButton({ label, useFound, onPick, none = texts.noneFound }: PickButtonProps) {
  const { account } = useForm();
  const [isOpen, setOpen] = useState(false);
  const [search, setSearch] = useState("");
  const [asked] = useDebouncedValue(search, AFTER_MS);
  const { options, isLoading } = useFound(account, asked.trim(), isOpen);
  return (
    <Popover opened={isOpen} onChange={setOpen} position="bottom-end" width={320} shadow="md" radius="md" trapFocus>
      <Popover.Target>
        <Button size="compact-xs" variant="subtle" color="gray" leftSection={<Search size={12} />} onClick={() => setOpen(!isOpen)}>
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown p={6} aria-label={label}>
        <TextInput size="xs" mb={6} data-autofocus aria-label={texts.search} placeholder={texts.search} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
        <ScrollArea.Autosize mah={260}>
          {options.length === 0 && (
            <Text size="sm" c="dimmed" p="xs">
              {isLoading ? texts.loading : none}
            </Text>
          )}
          {options.map((option) => (
            <UnstyledButton
              key={option.value}
              w="100%"
              className={template.option}
              onClick={() => {
                onPick(option.value);
                setOpen(false);
              }}
            >
              <span className={template.name}>{option.label}</span>
              <span className={template.sample}>{option.note}</span>
            </UnstyledButton>
          ))}
        </ScrollArea.Autosize>
      </Popover.Dropdown>
    </Popover>
  );
}
