import { ActionIcon, Menu, Text } from "@mantine/core";
import { Ban, Ellipsis, ListTree, RotateCcw, StepForward, Workflow } from "lucide-react";
import { Link } from "react-router";

import { useRunActions } from "@/session/runs";
import { runsTexts } from "@/texts/runs";

import type { Run } from "./queries";
import classes from "@/parts/table.module.css";

const texts = runsTexts.menu;

export function RunMenu({ run, onOpen }: { run: Run; onOpen: () => void }) {
  const { retry, cancel } = useRunActions();
  const isOpen = run.status === "pending" || run.status === "running";
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={texts.label} className={classes.above}>
          <Ellipsis size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item leftSection={<ListTree size={15} />} onClick={onOpen}>
          {texts.steps}
        </Menu.Item>
        <Menu.Item component={Link} to={`/automations/${run.automation_id}/runs/${run.id}`} leftSection={<Workflow size={15} />}>
          {texts.canvas}
        </Menu.Item>
        <Menu.Divider />
        {isOpen ? (
          <Menu.Item color="red" leftSection={<Ban size={15} />} onClick={() => cancel.mutate(run.id)}>
            {texts.cancel}
          </Menu.Item>
        ) : (
          <Menu.Item leftSection={<RotateCcw size={15} />} onClick={() => retry.mutate({ id: run.id, from: "start" })}>
            {texts.retry}
            <Text size="xs" c="dimmed">
              {texts.retryAbout}
            </Text>
          </Menu.Item>
        )}
        {run.status === "failed" && (
          <Menu.Item leftSection={<StepForward size={15} />} onClick={() => retry.mutate({ id: run.id, from: "failed" })}>
            {texts.retryFailed}
            <Text size="xs" c="dimmed">
              {texts.retryFailedAbout}
            </Text>
          </Menu.Item>
        )}
      </Menu.Dropdown>
    </Menu>
  );
}
