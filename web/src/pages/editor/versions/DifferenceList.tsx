import { ScrollArea, Stack, Text, Title } from "@mantine/core";
import { useEffect, useRef } from "react";

import { type Differences, differencesInWords, type FieldDifference, type StepDifference } from "@/flow/diffWords";
import { versionsTexts as texts } from "@/texts/versions";

import { MarkBadge } from "@/pages/editor/canvas/MarkBadge";
import { classes } from "./classes";

interface DifferenceListProps {
  readonly differences: Differences;
  readonly isFirst: boolean;
  readonly selected: string | null;
  readonly onSelect: (id: string) => void;
}

/** In words what the canvas shows, and what it cannot: the fields. */
export function DifferenceList({ differences, isFirst, selected, onSelect }: DifferenceListProps) {
  const { steps, lines } = differences;
  const isSame = steps.length === 0 && lines.length === 0;
  return (
    <ScrollArea className={classes.panel} component="aside" aria-label={texts.differences} type="auto">
      <div className={classes.head}>
        <Title order={2} size="h5">
          {texts.differences}
        </Title>
        <Text size="xs" c="dimmed" role="status">
          {isFirst ? texts.first : isSame ? texts.same.differ : differencesInWords(differences)}
        </Text>
        {isSame && !isFirst && (
          <Text size="xs" c="dimmed" mt={8}>
            {texts.same.text}
          </Text>
        )}
      </div>
      {steps.map((step) => (
        <Step key={step.id} step={step} isSelected={step.id === selected} onSelect={() => onSelect(step.id)} />
      ))}
      {lines.length > 0 && (
        <div className={classes.difference}>
          <Title order={3} size="h6" mb={8}>
            {texts.lines}
          </Title>
          <Stack gap={8} component="ul" className={classes.items}>
            {lines.map(({ id, change, text }) => (
              <li key={id} className={classes.line}>
                <MarkBadge mark={{ tone: change }} inline />
                <Text size="sm">{text}</Text>
              </li>
            ))}
          </Stack>
        </div>
      )}
    </ScrollArea>
  );
}

function Step({ step, isSelected, onSelect }: { step: StepDifference; isSelected: boolean; onSelect: () => void }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isSelected) place.current?.scrollIntoView({ block: "nearest" });
  }, [isSelected]);
  return (
    <div ref={place} className={classes.difference} data-chosen={isSelected || undefined}>
      <div className={classes.line}>
        <MarkBadge mark={{ tone: step.change }} inline />
        <button type="button" className={classes.step} title={texts.showStep(step.title)} aria-pressed={isSelected} onClick={onSelect}>
          {step.title}
        </button>
      </div>
      {step.summary !== null && (
        <Text size="sm" c="dimmed" mt={6}>
          {step.summary}
        </Text>
      )}
      {step.fields.map((field) => (
        <Field key={field.name} field={field} />
      ))}
    </div>
  );
}

function Field({ field: { name, before, after } }: { field: FieldDifference }) {
  return (
    <div className={classes.field}>
      <Text size="xs" fw={600}>
        {name}
      </Text>
      <Value sign="−" label={texts.from} text={before} />
      <Value sign="+" label={texts.to} text={after} />
    </div>
  );
}

function Value({ sign, label, text }: { sign: "−" | "+"; label: string; text: string | null }) {
  return (
    <div className={classes.value} data-sign={sign}>
      <span role="img" aria-label={label}>
        {sign}
      </span>
      {text === null ? <em>{texts.wasNot}</em> : <span>{text}</span>}
    </div>
  );
}
