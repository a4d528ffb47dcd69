import { Fieldset, SegmentedControl, Select, Stack, Text } from "@mantine/core";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { wayInWords } from "@/flow/wayWords";
import { editorTestTexts } from "@/texts/editor-test";

import type { Outcomes } from "./outcomes";
import classes from "./test.module.css";
import type { Chosen } from "./testRuns";

const texts = editorTestTexts.outcomes;
// What fits beside each other.
const FEW = 3;

interface OutcomeChoicesProps {
  outcomes: readonly Outcomes[];
  chosen: Chosen;
  catalogue: Catalogue;
  onChange: (chosen: Chosen) => void;
}

export function OutcomeChoices({ outcomes, chosen, catalogue, onChange }: OutcomeChoicesProps) {
  if (outcomes.length === 0) return null;
  return (
    <Fieldset legend={texts.label} variant="default" p="sm">
      <Stack gap="xs">
        {outcomes.map(({ node, ways }) => {
          const title = titleOf(node, catalogue);
          const data = ways.map((way) => ({ value: way, label: wayInWords(node, way) }));
          const props = { data, value: chosen[node.id] ?? ways[0] ?? "", "aria-label": texts.of(title) };
          const choose = (way: string | null) => onChange({ ...chosen, [node.id]: way ?? "" });
          return (
            <div key={node.id} className={classes.outcome}>
              <Text size="sm" truncate title={title}>
                {title}
              </Text>
              {ways.length > FEW ? <Select size="xs" {...props} allowDeselect={false} onChange={choose} /> : <SegmentedControl size="xs" {...props} onChange={choose} />}
            </div>
          );
        })}
      </Stack>
    </Fieldset>
  );
}
