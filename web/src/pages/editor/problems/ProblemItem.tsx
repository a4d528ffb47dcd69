import { Text, UnstyledButton } from "@mantine/core";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { nodeOf } from "@/flow/drawing";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { problemsTexts as texts } from "@/texts/problems";

import classes from "./problems.module.css";
import { pathOf, type ToldProblem, typeIn, wordsOf } from "./problems";
import { useJumps } from "./useProblems";

/** One of them, which leads to its field. */
export function ProblemItem({ problem, catalogue, onJump }: { problem: ToldProblem; catalogue: Catalogue; onJump?: () => void }) {
  const { drawing, select } = useDraft((draft) => draft);
  const { to } = useJumps();
  const { node_id: id, edge_id: line, field } = problem;
  const from = id ?? drawing.edges.find((edge) => edge.id === line)?.source ?? null;
  const node = from === null ? null : nodeOf(drawing, from);
  const { title, text } = wordsOf(problem, typeIn(catalogue, node?.type));
  const words = (
    <>
      <Text span size="sm" fw={550}>
        {node === null ? texts.flow : titleOf(node, catalogue)}
      </Text>{" "}
      <Text span size="sm" {...(problem.isQuiet ? { c: "dimmed" } : {})}>
        {title === null ? text : texts.of(title, text)}
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
          onJump?.();
        }}
      >
        {words}
      </UnstyledButton>
    </li>
  );
}
