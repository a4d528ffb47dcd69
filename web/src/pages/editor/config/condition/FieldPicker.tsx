import { Group, Text } from "@mantine/core";

import { shortSample, variableAt } from "@/flow/templateText";
import { allPaths } from "@/flow/variableRows";
import { OfferedInput } from "@/parts/OfferedInput";
import { conditionTexts as texts } from "@/texts/conditions";

import { useBuilder } from "./BuilderContext";

/** Any path may be typed; what is known is offered, with its sample. */
export function FieldPicker({ value, onChange }: { value: string; onChange: (field: string) => void }) {
  const { fields, isReadOnly } = useBuilder();
  return (
    <OfferedInput
      areNames
      style={{ flex: 1, minWidth: 0 }}
      aria-label={texts.field}
      placeholder={texts.fieldHint}
      data={allPaths(fields)}
      value={value}
      readOnly={isReadOnly}
      limit={200}
      maxDropdownHeight={320}
      error={value === ""}
      onChange={onChange}
      renderOption={({ option }) => (
        <Group justify="space-between" wrap="nowrap" gap="xs" w="100%">
          <Text size="sm" truncate>
            {option.value}
          </Text>
          <Text size="xs" c="dimmed" truncate maw={120}>
            {shortSample(variableAt(fields, option.value)?.sample ?? null)}
          </Text>
        </Group>
      )}
    />
  );
}
