import { Button, Checkbox, Group, Menu, Text } from "@mantine/core";
import { Ban, ChevronDown, RotateCcw, StepForward } from "lucide-react";
import { useState } from "react";

import { editorRunsTexts } from "@/texts/editor-runs";

import type { Automation } from "@/pages/editor/tabs";
import { type Deed, fitting, type Which } from "./bulk";
import { BulkDialog } from "./BulkDialog";
import type { RunFilters } from "./filters";
import type { ListedRun } from "./queries";
import classes from "./runs.module.css";

const texts = editorRunsTexts.bulk;
const RETRY: Deed = { kind: "retry", from: "start" };
const FROM_FAILED: Deed = { kind: "retry", from: "failed" };
const CANCEL: Deed = { kind: "cancel" };

interface BulkBarProps {
  automation: Automation;
  filters: RunFilters;
  listed: readonly ListedRun[];
  selected: ReadonlySet<string>;
  onSelect: (ids: readonly string[]) => void;
}

export function BulkBar({ automation, filters, listed, selected, onSelect }: BulkBarProps) {
  const [asked, ask] = useState<{ deed: Deed; which: Which } | null>(null);
  const chosen = listed.filter((run) => selected.has(run.id));
  const all = { automation: automation.id, filters };

  function askFor(deed: Deed): void {
    ask({ deed, which: { ids: fitting(chosen, deed.kind) } });
  }

  return (
    <Group className={classes.bulk} gap={8} wrap="nowrap" justify="space-between">
      <Checkbox
        size="xs"
        aria-label={texts.all}
        checked={chosen.length > 0 && chosen.length === listed.length}
        indeterminate={chosen.length > 0 && chosen.length < listed.length}
        onChange={(event) => onSelect(event.currentTarget.checked ? listed.map((run) => run.id) : [])}
        label={
          <Text span size="xs" c="dimmed">
            {chosen.length === 0 ? texts.allShort : texts.selected(chosen.length)}
          </Text>
        }
      />
      <Menu position="bottom-end">
        <Menu.Target>
          <Button size="compact-xs" variant="default" rightSection={<ChevronDown size={13} />}>
            {chosen.length === 0 ? texts.matching : texts.with}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {chosen.length === 0 ? (
            <>
              <Menu.Item leftSection={<RotateCcw size={15} />} onClick={() => ask({ deed: RETRY, which: all })}>
                {texts.retryMatching}
              </Menu.Item>
              <Menu.Item leftSection={<StepForward size={15} />} onClick={() => ask({ deed: FROM_FAILED, which: all })}>
                {texts.fromFailedMatching}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<Ban size={15} />} onClick={() => ask({ deed: CANCEL, which: all })}>
                {texts.cancelMatching}
              </Menu.Item>
            </>
          ) : (
            <>
              <Menu.Item leftSection={<RotateCcw size={15} />} onClick={() => askFor(RETRY)}>
                {texts.retry}
              </Menu.Item>
              <Menu.Item leftSection={<StepForward size={15} />} onClick={() => askFor(FROM_FAILED)}>
                {texts.fromFailed}
              </Menu.Item>
              <Menu.Item color="red" leftSection={<Ban size={15} />} onClick={() => askFor(CANCEL)}>
                {texts.cancel}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked !== null && <BulkDialog deed={asked.deed} which={asked.which} onClose={() => ask(null)} onDone={() => onSelect([])} />}
    </Group>
  );
}
