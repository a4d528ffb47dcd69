import { List, Text } from "@mantine/core";

import { type Differences, differencesInWords } from "@/flow/diffWords";
import { diffTexts } from "@/texts/diff";
import { editorTexts } from "@/texts/editor";

/** What differs, a line for each step. */
export function DifferenceLines({ differences, same }: { differences: Differences; same: string }) {
  const { steps, lines } = differences;
  if (steps.length === 0 && lines.length === 0) return <Text size="sm">{same}</Text>;
  return (
    <div>
      <Text size="sm" fw={600} mb={6}>
        {differencesInWords(differences)}
      </Text>
      <List size="sm" spacing={2} mah={200} style={{ overflowY: "auto" }}>
        {steps.map(({ id, title, change, fields }) => (
          <List.Item key={id}>
            {title}{" "}
            <Text span size="sm" c="dimmed">
              {editorTexts.tones[change]}
            </Text>
            {fields.map(({ name, before, after }) => (
              <Text key={name} size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                {diffTexts.values(name, before, after)}
              </Text>
            ))}
          </List.Item>
        ))}
        {lines.map(({ id, text, change }) => (
          <List.Item key={id}>
            {text}{" "}
            <Text span size="sm" c="dimmed">
              {editorTexts.tones[change]}
            </Text>
          </List.Item>
        ))}
      </List>
    </div>
  );
}
