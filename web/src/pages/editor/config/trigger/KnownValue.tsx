import { Anchor, Text } from "@mantine/core";

import { meantBy } from "@/flow/knownValues";
import { OfferedInput } from "@/parts/OfferedInput";
import { triggerTexts } from "@/texts/triggers";

const texts = triggerTexts.event;

interface KnownValueProps {
  readonly label: string;
  readonly value: string;
  readonly known: readonly string[];
  readonly isReadOnly: boolean;
  readonly onChange: (text: string) => void;
}

/** Any value, with those that stand there already; "Qualified" never comes where all are "qualified". */
export function KnownValue({ label, value, known, isReadOnly, onChange }: KnownValueProps) {
  const meant = meantBy(value, known);
  return (
    <div>
      <OfferedInput label={label} placeholder={texts.anything} data={[...known]} value={value} readOnly={isReadOnly} onChange={onChange} />
      {meant !== null && !isReadOnly && (
        <Text size="xs" c="dimmed" mt={4} role="status">
          {texts.otherCase}{" "}
          <Anchor component="button" type="button" size="xs" onClick={() => onChange(meant)}>
            {texts.useKnown(meant)}
          </Anchor>
        </Text>
      )}
    </div>
  );
}
