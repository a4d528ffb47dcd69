import { Checkbox, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { FormDialog } from "@/parts/FormDialog";
import { ShownOnce } from "@/parts/ShownOnce";
import { apiKeysTexts } from "@/texts/api-keys";

import { daysOf, LIFETIMES, type Lifetime, readLifetime, readScopes, type Scope, SCOPES } from "./keys";
import { useMakeKey } from "./queries";

const texts = apiKeysTexts.form;
const LONGEST_NAME = 100;

export function NewKeyDialog({ account, onClose }: { account: string; onClose: () => void }) {
  const [name, setName] = useState("");
  const [scopes, setScopes] = useState<readonly Scope[]>(["read"]);
  const [lifetime, setLifetime] = useState<Lifetime>("90");
  const making = useMakeKey(account);
  const isReady = name.trim() !== "" && scopes.length > 0;

  function make(): void {
    making.mutate({ name: name.trim(), scopes: [...scopes], expires_in_days: daysOf(lifetime) });
  }

  if (making.data !== undefined) {
    const { title, text, key, done } = apiKeysTexts.made;
    return <ShownOnce title={title} text={text} label={key} value={making.data.key} done={done} onClose={onClose} />;
  }
  return (
    <FormDialog title={texts.title} action={texts.make} isReady={isReady} sending={making} onSend={make} onClose={onClose}>
      <TextInput
        label={texts.name}
        description={texts.nameHint}
        value={name}
        maxLength={LONGEST_NAME}
        onChange={(event) => setName(event.currentTarget.value)}
        autoComplete="off"
        required
        data-autofocus
      />
      <Checkbox.Group
        label={apiKeysTexts.scopes.label}
        description={apiKeysTexts.scopes.hint}
        value={[...scopes]}
        onChange={(chosen) => setScopes(readScopes(chosen))}
        error={scopes.length === 0 ? apiKeysTexts.scopes.none : null}
      >
        <Stack gap="xs" mt="xs">
          {SCOPES.map((scope) => (
            <Checkbox key={scope} value={scope} label={apiKeysTexts.scopes.names[scope]} description={apiKeysTexts.scopes.texts[scope]} />
          ))}
        </Stack>
      </Checkbox.Group>
      <Select
        label={texts.ends}
        data={LIFETIMES.map((value) => ({ value, label: texts.days[value] }))}
        value={lifetime}
        onChange={(value) => setLifetime(readLifetime(value))}
        allowDeselect={false}
      />
    </FormDialog>
  );
}
