import { Anchor, Group, Tabs } from "@mantine/core";
import { ChevronLeft } from "lucide-react";
import { Link, useNavigate } from "react-router";

import type { Catalogue } from "@/flow/catalogue";
import { StatusBadge } from "@/parts/StatusBadge";
import { useMayChange } from "@/session/accounts";
import { stateOf } from "@/session/automationState";
import { editorTexts as texts } from "@/texts/editor";

import { BarMenu } from "./BarMenu";
import { SaveStatus } from "./draft/SaveStatus";
import classes from "./EditorPage.module.css";
import { LiveSwitch } from "./LiveSwitch";
import { NameField } from "./NameField";
import { PublishButton } from "./publish/PublishButton";
import { RunNowButton } from "./start/RunNowButton";
import { type Automation, TABS } from "./tabs";
import { TestButton } from "./test/TestButton";

interface EditorBarProps {
  readonly automation: Automation;
  readonly catalogue: Catalogue;
  readonly tab: string | null;
}

export function EditorBar({ automation, catalogue, tab }: EditorBarProps) {
  const mayChange = useMayChange();
  const navigate = useNavigate();
  return (
    <header className={classes.bar}>
      <Group gap="sm" wrap="nowrap" className={classes.what}>
        <Anchor component={Link} to="/automations" c="dimmed" aria-label={texts.back} className={classes.back}>
          <ChevronLeft size={20} />
        </Anchor>
        <NameField automation={automation} mayChange={mayChange} />
        <StatusBadge status={stateOf(automation)} {...(hasNews(automation) ? { more: texts.news } : {})} />
        {mayChange && <LiveSwitch automation={automation} />}
        <SaveStatus />
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
      <Group gap={8} wrap="nowrap" className={classes.deeds}>
        <RunNowButton automation={automation} />
        <TestButton automation={automation} catalogue={catalogue} />
        <PublishButton automation={automation} catalogue={catalogue} />
        <BarMenu automation={automation} mayChange={mayChange} />
      </Group>
    </header>
  );
}

/** Runs take what is published; what was drawn since then is not that. */
function hasNews({ published_number: published, draft_is_published: isPublished }: Automation): boolean {
  return published !== null && !isPublished;
}
