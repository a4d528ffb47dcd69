import { ActionIcon, Button, Group, Select, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { ChevronLeft, History, PencilLine } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate } from "react-router";

import type { Drawing } from "@/flow/drawing";
import { useMayChange } from "@/session/accounts";
import { versionsTexts as texts } from "@/texts/versions";

import { useDraftStore } from "@/pages/editor/draft/useDraft";
import type { Automation } from "@/pages/editor/tabs";
import type { ListedVersion } from "./queries";
import { RollBackDialog } from "./RollBackDialog";
import { addressOf, type Compared, readSide, type Side } from "./sides";
import { classes } from "./classes";

interface VersionBarProps {
  readonly automation: Automation;
  readonly versions: readonly ListedVersion[];
  readonly compared: Compared;
  readonly drawing: Drawing | null;
}

export function VersionBar({ automation, versions, compared: { side, base }, drawing }: VersionBarProps) {
  const navigate = useNavigate();
  const mayChange = useMayChange();
  const sides: Side[] = ["draft", ...versions.map((version) => version.number)];
  const others = sides.filter((one) => one !== side);
  return (
    <Group className={classes.bar} justify="space-between" gap="sm">
      <Group gap="sm" wrap="nowrap">
        <ActionIcon component={Link} to={`/automations/${automation.id}/versions`} variant="subtle" color="gray" aria-label={texts.back} className={classes.back}>
          <ChevronLeft size={18} />
        </ActionIcon>
        <Title order={2} size="h5" className={classes.name}>
          {nameOf(side)}
        </Title>
        {others.length > 0 && (
          <Group gap={8} wrap="nowrap">
            <Text size="sm" c="dimmed" className={classes.name} aria-hidden>
              {texts.compare}
            </Text>
            <Select
              size="xs"
              w={140}
              aria-label={texts.compare}
              data={others.map((one) => ({ value: String(one), label: nameOf(one) }))}
              value={base === null ? null : String(base)}
              placeholder={texts.nothing}
              allowDeselect={false}
              comboboxProps={{ withinPortal: true }}
              onChange={(value) => {
                const chosen = readSide(value);
                if (chosen !== null) void navigate(addressOf(automation.id, side, chosen), { replace: true });
              }}
            />
          </Group>
        )}
      </Group>
      {mayChange && side !== "draft" && drawing !== null && <Actions automation={automation} versions={versions} number={side} drawing={drawing} />}
    </Group>
  );
}

interface ActionsProps {
  readonly automation: Automation;
  readonly versions: readonly ListedVersion[];
  readonly number: number;
  readonly drawing: Drawing;
}

function Actions({ automation, versions, number, drawing }: ActionsProps) {
  const draft = useDraftStore();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const isPublished = automation.published_number === number;

  function makeDraft(): void {
    draft.getState().change(() => drawing);
    notifications.show({ title: texts.madeDraft.title(number), message: texts.madeDraft.text });
    void navigate(`/automations/${automation.id}`);
  }

  return (
    <Group gap={8}>
      <Button size="xs" variant="default" leftSection={<PencilLine size={15} />} onClick={makeDraft}>
        {texts.makeDraft}
      </Button>
      {!isPublished && (
        <Button size="xs" leftSection={<History size={15} />} onClick={() => setAsking(true)}>
          {texts.rollBack.button}
        </Button>
      )}
      {isAsking && <RollBackDialog automation={automation} number={number} next={(versions[0]?.number ?? number) + 1} onClose={() => setAsking(false)} />}
    </Group>
  );
}

function nameOf(side: Side): string {
  return side === "draft" ? texts.draft : texts.number(side);
}
