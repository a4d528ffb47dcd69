import { Anchor, Group, Tabs, Text, Title } from "@mantine/core";
import { ChevronLeft } from "lucide-react";
import { Link, useNavigate } from "react-router";

import { StatusBadge } from "@/parts/StatusBadge";
import { editorTexts as texts } from "@/texts/editor";

import classes from "./EditorPage.module.css";
import { RunNowButton } from "./start/RunNowButton";
import { type Automation, TABS } from "./tabs";
import { TestButton } from "./test/TestButton";

export function EditorBar({ automation, tab }: { automation: Automation; tab: string | null }) {
  const navigate = useNavigate();
  const status = automation.status === "active" ? (automation.enabled ? "live" : "off") : automation.status;
  return (
    <Group component="header" className={classes.bar} justify="space-between" wrap="nowrap">
      <Group gap="sm" wrap="nowrap" miw={0}>
        <Anchor component={Link} to="/automations" c="dimmed" aria-label={texts.back} className={classes.back}>
          <ChevronLeft size={20} />
        </Anchor>
        <Title order={1} size="h4" className={classes.name}>
          {automation.name}
        </Title>
        <StatusBadge status={status} />
        {!automation.draft_is_published && status !== "draft" && (
          <Text size="sm" c="dimmed">
            {texts.draft}
          </Text>
        )}
      </Group>
      <Tabs
        value={tab}
        onChange={(name) => void navigate(`/automations/${automation.id}${name === "build" ? "" : `/${name ?? ""}`}`)}
        variant="pills"
        className={classes.tabs}
      >
        <Tabs.List aria-label={texts.tabsOf}>
          {TABS.map(({ name, text }) => (
            <Tabs.Tab key={name} value={name}>
              {text}
            </Tabs.Tab>
          ))}
        </Tabs.List>
      </Tabs>
      <Group gap={8} wrap="nowrap">
        <RunNowButton automation={automation} />
        <TestButton automation={automation} />
      </Group>
    </Group>
  );
}
