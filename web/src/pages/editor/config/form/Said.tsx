import { Input } from "@mantine/core";

import type { FieldProblem } from "@/pages/editor/config/ConfigPanel";

/** What is wrong at a field; quietly, where it is only still to be filled in. */
export function Said({ problem, isQuietOnly = false }: { problem: FieldProblem | null; isQuietOnly?: boolean }) {
  if (problem === null || (isQuietOnly && problem.isError)) return null;
  return (
    <Input.Error mt={4} {...(problem.isError ? {} : { c: "dimmed" })}>
      {problem.message}
    </Input.Error>
  );
}
