import { ActionIcon, Menu } from "@mantine/core";
import { Copy, Download, Ellipsis, History, PenLine, Play, Trash2 } from "lucide-react";
import { Link } from "react-router";

import { ConfirmDialog } from "@/parts/ConfirmDialog";
import classes from "@/parts/table.module.css";
import { useDeleteAutomation, useExport } from "@/session/automationDeeds";
import type { AutomationRow } from "@/session/automationState";
import { automationsTexts } from "@/texts/automations";

import { useDuplicate } from "./actions";

const texts = automationsTexts.menu;

export function RowMenu({ row, mayChange }: { row: AutomationRow; mayChange: boolean }) {
  const duplicate = useDuplicate();
  const save = useExport();
  const { remove, dialog } = useDeleteAutomation();
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={texts.label(row.name)} className={classes.above}>
            <Ellipsis size={18} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item component={Link} to={`/automations/${row.id}`} leftSection={<PenLine size={15} />}>
            {texts.open}
          </Menu.Item>
          {mayChange && row.trigger_type === "manual" && row.enabled && row.status === "active" && (
            <Menu.Item component={Link} to={`/automations/${row.id}/runs?start`} leftSection={<Play size={15} />}>
              {texts.start}
            </Menu.Item>
          )}
          <Menu.Item component={Link} to={`/automations/${row.id}/runs`} leftSection={<History size={15} />}>
            {texts.runs}
          </Menu.Item>
          {mayChange && (
            <Menu.Item leftSection={<Copy size={15} />} onClick={() => duplicate.mutate(row)}>
              {texts.duplicate}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<Download size={15} />} onClick={() => save.mutate(row)}>
            {texts.export}
          </Menu.Item>
          {mayChange && (
            <>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<Trash2 size={15} />} onClick={() => remove(row)}>
                {texts.delete}
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {dialog !== null && <ConfirmDialog {...dialog} />}
    </>
  );
}
