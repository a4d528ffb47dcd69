import { Text, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { ChevronDown, ChevronUp, CircleAlert, CircleCheck } from "lucide-react";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { nodeOf } from "@/flow/drawing";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { draftTexts } from "@/texts/draft";

import classes from "./problems.module.css";
import { bareMessage, type FlowProblem, pathOf } from "./problems";
import { type Checked, useJumps } from "./useProblems";

const texts = draftTexts.problems;

/** Under the canvas: how much is wrong, and on request what. */
export function ProblemList({ checked, catalogue }: { checked: Checked; catalogue: Catalogue }) {
  const { isOpen, open } = useJumps();
  const { problems, warnings, isUnknown } = checked;
  const all = [...problems, ...warnings];
  const isFine = all.length === 0;
  const said = isUnknown ? texts.unchecked : isFine ? texts.none : texts.count(problems.length, warnings.length);
  return (
    <section className={classes.list} aria-label={texts.title}>
      <UnstyledButton className={classes.head} onClick={() => open(!isOpen)} disabled={isFine} aria-expanded={isOpen && !isFine}>
        {isFine && !isUnknown ? <CircleCheck size={15} aria-hidden className={classes.fine} /> : <CircleAlert size={15} aria-hidden className={isFine ? "" : problems.length === 0 ? classes.doubtful : classes.wrong} />}
        <Text span size="xs" fw={550}>
          {said}
        </Text>
        {!isFine && (isOpen ? <ChevronDown size={15} aria-hidden /> : <ChevronUp size={15} aria-hidden />)}
      </UnstyledButton>
      <VisuallyHidden role="status">{said}</VisuallyHidden>
      {isOpen && !isFine && (
        <ul className={classes.items}>
          {all.map((problem, index) => (
            <Item key={index} problem={problem} catalogue={catalogue} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Item({ problem, catalogue }: { problem: FlowProblem; catalogue: Catalogue }) {
  const { drawing, select } = useDraft((draft) => draft);
  const { to } = useJumps();
  const { node_id: id, edge_id: line, hint, field } = problem;
  const from = id ?? drawing.edges.find((edge) => edge.id === line)?.source ?? null;
  const node = from === null ? null : nodeOf(drawing, from);
  const title = node === null ? texts.flow : titleOf(node, catalogue);
  const words = (
    <>
      <Text span size="sm" fw={550}>
        {title}
      </Text>{" "}
      <Text span size="sm">
        {bareMessage(problem)}.
      </Text>{" "}
      <Text span size="sm" c="dimmed">
        {hint}
      </Text>
    </>
  );
  if (node === null) return <li className={classes.item}>{words}</li>;
  return (
    <li>
      <UnstyledButton
        className={classes.item}
        onClick={() => {
          select([node.id]);
          to(node.id, pathOf(field));
        }}
      >
        {words}
      </UnstyledButton>
    </li>
  );
}
