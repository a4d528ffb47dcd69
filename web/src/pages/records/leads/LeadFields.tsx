import { NumberInput, Select, Stack, TagsInput, TextInput } from "@mantine/core";

import classes from "@/pages/records/records.module.css";
import { OfferedInput } from "@/parts/OfferedInput";
import { usePeople } from "@/session/people";
import { recordsTexts } from "@/texts/records";

import type { LeadValues, problemsOf } from "./leadForm";

const texts = recordsTexts.lead;
const NOBODY = "";

interface LeadFieldsProps {
  account: string;
  values: LeadValues;
  problems: ReturnType<typeof problemsOf>;
  stages: readonly string[];
  readOnly?: boolean;
  onChange: (values: LeadValues) => void;
}

export function LeadFields({ account, values, problems, stages, readOnly = false, onChange }: LeadFieldsProps) {
  const people = usePeople(account);
  const owner = values.owner;
  // Somebody who has left is still the owner.
  const owners = owner === null || people.some(({ value }) => value === owner) ? people : [...people, { value: owner, label: texts.unknownOwner(owner) }];
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
      <div className={classes.pair}>
        <TextInput label={texts.fields.phone} value={values.phone} readOnly={readOnly} onChange={(event) => set({ phone: event.currentTarget.value })} />
        <Select
          label={texts.fields.owner}
          data={[{ value: NOBODY, label: texts.nobody }, ...owners]}
          value={owner ?? NOBODY}
          allowDeselect={false}
          readOnly={readOnly}
          onChange={(chosen) => set({ owner: chosen === NOBODY ? null : chosen })}
        />
      </div>
      <div className={classes.pair}>
        <OfferedInput
          label={texts.fields.stage}
          placeholder={readOnly ? "" : texts.stageHint}
          data={[...stages]}
          value={values.stage}
          readOnly={readOnly}
          onChange={(stage) => set({ stage })}
        />
        <TextInput label={texts.fields.status} value={values.status} readOnly={readOnly} onChange={(event) => set({ status: event.currentTarget.value })} />
      </div>
      <div className={classes.narrowFirst}>
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
      </div>
    </Stack>
  );
}
