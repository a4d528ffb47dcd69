import { NumberInput, Stack, TagsInput, TextInput } from "@mantine/core";

import { OfferedInput } from "@/parts/OfferedInput";
import { recordsTexts } from "@/texts/records";

import type { LeadValues, problemsOf } from "./leadForm";

const texts = recordsTexts.lead;

interface LeadFieldsProps {
  values: LeadValues;
  problems: ReturnType<typeof problemsOf>;
  stages: readonly string[];
  readOnly?: boolean;
  onChange: (values: LeadValues) => void;
}

export function LeadFields({ values, problems, stages, readOnly = false, onChange }: LeadFieldsProps) {
  const set = (changed: Partial<LeadValues>) => onChange({ ...values, ...changed });
  return (
    <Stack gap="sm">
      <TextInput
        label={texts.fields.name}
        value={values.name}
        error={problems.name}
        readOnly={readOnly}
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <TextInput
        label={texts.fields.email}
        value={values.email}
        error={problems.email}
        readOnly={readOnly}
        onChange={(event) => set({ email: event.currentTarget.value })}
      />
      <TextInput label={texts.fields.phone} value={values.phone} readOnly={readOnly} onChange={(event) => set({ phone: event.currentTarget.value })} />
      <OfferedInput
        label={texts.fields.stage}
        placeholder={readOnly ? "" : texts.stageHint}
        data={[...stages]}
        value={values.stage}
        readOnly={readOnly}
        onChange={(stage) => set({ stage })}
      />
      <TextInput label={texts.fields.status} value={values.status} readOnly={readOnly} onChange={(event) => set({ status: event.currentTarget.value })} />
      <NumberInput
        label={texts.fields.score}
        allowDecimal={false}
        value={values.score ?? ""}
        readOnly={readOnly}
        onChange={(given) => set({ score: typeof given === "number" ? given : null })}
      />
      <TagsInput
        label={texts.fields.tags}
        placeholder={readOnly ? "" : texts.tagsHint}
        value={[...values.tags]}
        readOnly={readOnly}
        onChange={(tags) => set({ tags })}
      />
    </Stack>
  );
}
