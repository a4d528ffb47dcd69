import { Input } from "@mantine/core";

import type { FieldProblem } from "@/pages/editor/config/ConfigPanel";

import classes from "./form.module.css";

interface SaidProps {
  readonly problem: FieldProblem | null;
}

/** What is wrong at a field, below it. */
export function Said({ problem }: SaidProps) {
  if (problem === null || problem.isMissing) return null;
  return (
    <Input.Error mt={4} {...(problem.isError ? {} : { c: "dimmed" })}>
      {problem.message}
    </Input.Error>
  );
}

/** What is still to be filled in, beside the label that follows; quietly, until somebody has been there. */
export function Missing({ problem }: SaidProps) {
  if (problem?.isMissing !== true) return null;
  return (
    <Input.Error className={classes.missing} {...(problem.isError ? {} : { c: "dimmed" })}>
      {problem.message}
    </Input.Error>
  );
}
