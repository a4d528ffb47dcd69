import { Autocomplete, MultiSelect, NumberInput, TextInput } from "@mantine/core";

import { automationsTexts } from "@/texts/automations";

import { useKnownPeople, usePeople } from "@/session/people";
import type { Parameter } from "./templates";

const texts = automationsTexts.createDialog;

interface ParameterFieldProps {
  account: string;
  parameter: Parameter;
  value: string;
  onChange: (value: string) => void;
}

/** What is filled in is a text, as it is sent. */
export function ParameterField({ account, parameter, value, onChange }: ParameterFieldProps) {
  const { kind, description, example } = parameter;
  const people = usePeople(account);
  const known = useKnownPeople(account);
  const label = description.charAt(0).toUpperCase() + description.slice(1);
  const shared = { label, required: parameter.default === null };
  if (kind === "users") {
    const chosen = value === "" ? [] : value.split(",").map((id) => id.trim());
    const data = [...people, ...chosen.filter((id) => !people.some((one) => one.value === id)).map((id) => ({ value: id, label: id }))];
    return <MultiSelect {...shared} data={data} value={chosen} onChange={(ids) => onChange(ids.join(","))} searchable />;
  }
  const placeholder = texts.example(example);
  if (kind === "number") {
    return <NumberInput {...shared} placeholder={placeholder} value={value} onChange={(given) => onChange(String(given))} />;
  }
  if (kind === "mail") {
    const addresses = [...new Set([...known.values()].flatMap(({ email }) => email ?? []))];
    return <Autocomplete {...shared} placeholder={placeholder} data={addresses} value={value} onChange={onChange} />;
  }
  return <TextInput {...shared} placeholder={placeholder} value={value} onChange={(event) => onChange(event.currentTarget.value)} />;
}
