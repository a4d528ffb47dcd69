import { Button, Checkbox, Group, Menu, Text } from "@mantine/core";
import { Ban, ChevronDown, RotateCcw, StepForward } from "lucide-react";

import { bulkTexts as texts } from "@/texts/bulk";

import { CANCEL, type Deed, FROM_FAILED, fromFailedWith, RETRY } from "./deeds";

interface BulkBarProps {
  listed: number;
  selected: number;
  /** Of the one automation that all runs are of, the number of the version that is published. */
  published?: number | null;
  onSelectAll: (isSelected: boolean) => void;
  /** To those that are selected, or where none is to all that match. */
  onAsk: (deed: Deed) => void;
}

export function BulkBar({ listed, selected, published = null, onSelectAll, onAsk }: BulkBarProps) {
  const words = selected === 0 ? texts.matchingDeeds : texts.deeds;
  return (
    <Group gap={8} wrap="nowrap" justify="space-between">
      <Checkbox
        size="xs"
        aria-label={texts.all}
        checked={selected > 0 && selected === listed}
        indeterminate={selected > 0 && selected < listed}
        onChange={(event) => onSelectAll(event.currentTarget.checked)}
        label={
          <Text span size="xs" c="dimmed">
            {selected === 0 ? texts.allShort : texts.selected(selected)}
          </Text>
        }
      />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" variant="default" rightSection={<ChevronDown size={13} />}>
            {selected === 0 ? texts.matching : texts.with}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<RotateCcw size={15} />} onClick={() => onAsk(RETRY)}>
            {words.retry}
          </Menu.Item>
          <Menu.Item leftSection={<StepForward size={15} />} onClick={() => onAsk(FROM_FAILED)}>
            {words.fromFailed}
          </Menu.Item>
          {published !== null && (
            <Menu.Item leftSection={<StepForward size={15} />} onClick={() => onAsk(fromFailedWith(published))}>
              {words.fromFailedWith(published)}
            </Menu.Item>
          )}
          <Menu.Item color="red" leftSection={<Ban size={15} />} onClick={() => onAsk(CANCEL)}>
            {words.cancel}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
