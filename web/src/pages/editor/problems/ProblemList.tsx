import { Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { ChevronDown, ChevronUp, CircleAlert, CircleCheck, CircleDashed, CloudOff, type LucideIcon } from "lucide-react";

import type { Catalogue } from "@/flow/catalogue";
import { problemsTexts as texts } from "@/texts/problems";

import { ProblemItem } from "./ProblemItem";
import classes from "./problems.module.css";
import { type ListState, stateOf } from "./listState";
import { type Checked, useJumps } from "./useProblems";

const LOOKS: Readonly<Record<ListState["kind"], readonly [icon: LucideIcon, look: string | undefined]>> = {
  empty: [CircleDashed, undefined],
  fine: [CircleCheck, classes.fine],
  open: [CircleDashed, undefined],
  unchecked: [CloudOff, undefined],
  wrong: [CircleAlert, classes.wrong],
};

/** Under the canvas: how much is wrong, and on request what. */
export function ProblemList({ checked, catalogue }: { checked: Checked; catalogue: Catalogue }) {
  const { isOpen, open } = useJumps();
  const all = [...checked.problems, ...checked.warnings];
  const { kind, said } = stateOf(checked);
  const hasItems = all.length > 0;
  const [Icon, look] = LOOKS[kind];
  return (
    <section className={classes.list} aria-label={texts.title}>
      <UnstyledButton className={classes.head} onClick={() => open(!isOpen)} disabled={!hasItems} aria-expanded={isOpen && hasItems}>
        <Icon size={15} aria-hidden className={look} />
        <Text span size="xs" fw={550}>
          {said}
        </Text>
        {hasItems && (isOpen ? <ChevronDown size={15} aria-hidden /> : <ChevronUp size={15} aria-hidden />)}
      </UnstyledButton>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      {isOpen && hasItems && (
        <ul className={classes.items}>
          {all.map((problem, index) => (
            <ProblemItem key={index} problem={problem} catalogue={catalogue} />
          ))}
        </ul>
      )}
    </section>
  );
}
