import { Button, Menu, Text, Tooltip } from "@mantine/core";
import { ChevronDown, RotateCcw, StepForward } from "lucide-react";
import { useNavigate } from "react-router";

import { type Run, useRunActions } from "@/session/runs";
import { editorRunsTexts } from "@/texts/editor-runs";

import { versionChoices } from "./again";

const { actions, goOn } = editorRunsTexts;
const MENU_WIDTH = 320;

interface AgainProps {
  readonly run: Run;
  /** The number of the version that is published now. */
  readonly published: number | null;
}

function useAgain(run: Run) {
  const { retry } = useRunActions();
  const navigate = useNavigate();
  const again = (from: string, version: number | null = null) =>
    retry.mutate({ id: run.id, from, version }, { onSuccess: ({ id }) => void navigate(`/automations/${run.automation_id}/runs/${id}`) });
  return { again, isPending: retry.isPending };
}

/** All of it once more, which not everybody expects of what was waited for. */
export function AgainFromStart({ run, published }: AgainProps) {
  const { again, isPending } = useAgain(run);
  return (
    <Tooltip label={goOn.start(published)} multiline w={280} openDelay={300} events={{ hover: true, focus: true, touch: false }}>
      <Button size="xs" variant="default" leftSection={<RotateCcw size={15} />} loading={isPending} onClick={() => again("start")}>
        {actions.again}
      </Button>
    </Tooltip>
  );
}

/** `step` null: from what failed. What is done is kept; with which version the rest runs is asked where there are two. */
export function GoOn({ run, published, step = null }: AgainProps & { readonly step?: string | null }) {
  const { again, isPending } = useAgain(run);
  const choices = versionChoices(run.version, published);
  const from = step ?? "failed";
  const isMain = step === null;
  const Icon = isMain ? StepForward : RotateCcw;
  const look = { size: "xs", leftSection: <Icon size={15} />, loading: isPending, ...(isMain ? {} : { variant: "default" }) };
  const text = isMain ? actions.fromFailed : actions.fromStep;
  if (choices.length === 1) {
    return (
      <Button {...look} onClick={() => again(from)}>
        {text}
      </Button>
    );
  }
  return (
    <Menu width={MENU_WIDTH} position="bottom-end">
      <Menu.Target>
        <Button {...look} rightSection={<ChevronDown size={14} aria-hidden />}>
          {text}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {choices.map((choice) => (
          <Menu.Item key={choice.text} onClick={() => again(from, choice.version)}>
            {choice.text}
            <Text size="xs" c="dimmed">
              {choice.about}
            </Text>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
