import { TextInput, Title, Tooltip, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import { notifyProblem } from "@/parts/ProblemNotice";
import { draftTexts } from "@/texts/draft";

import classes from "./EditorPage.module.css";
import type { Automation } from "./tabs";
import { useLooks } from "./useLooks";

const MOST_LETTERS = 200;

/** The name, which is changed where it stands. */
export function NameField({ automation, mayChange }: { automation: Automation; mayChange: boolean }) {
  const [edited, setEdited] = useState<string | null>(null);
  const { mutate } = useLooks(automation.id);
  const title = (
    <Title order={1} size="h4" className={classes.name}>
      {automation.name}
    </Title>
  );
  if (!mayChange) {
    return (
      <Tooltip label={automation.name} multiline maw={420} className={classes.wholeName}>
        {title}
      </Tooltip>
    );
  }
  if (edited === null) {
    return (
      <Tooltip label={draftTexts.bar.rename(automation.name)} multiline maw={420} className={classes.wholeName}>
        <UnstyledButton miw={0} onClick={() => setEdited(automation.name)}>
          {title}
        </UnstyledButton>
      </Tooltip>
    );
  }
  const done = () => {
    const name = edited.trim();
    if (name !== "" && name !== automation.name) mutate({ name }, { onError: notifyProblem });
    setEdited(null);
  };
  return (
    <TextInput
      aria-label={draftTexts.bar.name}
      value={edited}
      maxLength={MOST_LETTERS}
      size="xs"
      flex="0 1 280px"
      data-autofocus
      ref={(input) => input?.focus()}
      onChange={(event) => setEdited(event.currentTarget.value)}
      onBlur={done}
      onKeyDown={(event) => {
        if (event.key === "Enter") done();
        if (event.key === "Escape") setEdited(null);
      }}
    />
  );
}
