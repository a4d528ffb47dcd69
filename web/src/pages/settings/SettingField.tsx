import { Anchor, Select, Text, TextInput } from "@mantine/core";
import { Link } from "react-router";

import { accountSettingsTexts as texts } from "@/texts/account-settings";

import { isNumber, isSecret, type Name } from "./fields";

interface SettingFieldProps {
  name: Name;
  text: string;
  /** What holds while it is empty; null: nothing. */
  otherwise: string | null;
  problem: string | undefined;
  secrets: readonly string[];
  isReadOnly: boolean;
  onChange: (text: string) => void;
}

export function SettingField({ name, text, otherwise, problem, secrets, isReadOnly, onChange }: SettingFieldProps) {
  const { label, hint } = texts.fields[name];
  const shared = { label, description: text === "" && otherwise !== null ? <Otherwise hint={hint} text={otherwise} /> : hint, error: problem, readOnly: isReadOnly };
  if (!isSecret(name)) {
    return (
      <TextInput
        {...shared}
        value={text}
        inputMode={isNumber(name) ? "numeric" : undefined}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => onChange(event.currentTarget.value)}
      />
    );
  }
  return (
    <Select
      {...shared}
      // One that was deleted meanwhile is still named.
      data={[...new Set([...secrets, ...(text === "" ? [] : [text])])].sort()}
      value={text === "" ? null : text}
      searchable
      clearable={!isReadOnly}
      nothingFoundMessage={
        <Text size="sm">
          {texts.noSecret}{" "}
          <Anchor component={Link} to="/secrets" inherit>
            {texts.toSecrets}
          </Anchor>
        </Text>
      }
      onChange={(chosen) => onChange(chosen ?? "")}
    />
  );
}

function Otherwise({ hint, text }: { hint: string; text: string }) {
  return (
    <>
      {hint}
      <br />
      {text}
    </>
  );
}
