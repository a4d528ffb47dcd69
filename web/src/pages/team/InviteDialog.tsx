import { Radio, Select, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { FormDialog } from "@/parts/FormDialog";
import { ShownOnce } from "@/parts/ShownOnce";
import { teamTexts } from "@/texts/team";

import { type Role, useInvite } from "./queries";
import { LIFETIMES, type Lifetime, managesRole, readLifetime, readRole, ROLES } from "./roles";

const texts = teamTexts.form;
const LONGEST_NOTE = 200;

export function InviteDialog({ account, mine, onClose }: { account: string; mine: string | null; onClose: () => void }) {
  const [role, setRole] = useState<Role>("member");
  const [note, setNote] = useState("");
  const [lifetime, setLifetime] = useState<Lifetime>("7");
  const inviting = useInvite(account);

  function make(): void {
    inviting.mutate({ role, note: note.trim() === "" ? null : note.trim(), days: Number(lifetime) });
  }

  if (inviting.data !== undefined) {
    const { title, text, link, done } = teamTexts.made;
    return <ShownOnce title={title} text={text} label={link} value={inviting.data.url} done={done} onClose={onClose} />;
  }
  return (
    <FormDialog title={texts.title} action={texts.make} sending={inviting} onSend={make} onClose={onClose}>
      <Radio.Group label={texts.role} value={role} onChange={(text) => setRole(readRole(text) ?? role)}>
        <Stack gap="xs" mt="xs">
          {ROLES.map((one) => (
            <Radio
              key={one}
              value={one}
              label={teamTexts.roles[one]}
              description={managesRole(mine, one) ? teamTexts.roleTexts[one] : teamTexts.whyOwner}
              disabled={!managesRole(mine, one)}
            />
          ))}
        </Stack>
      </Radio.Group>
      <TextInput
        label={texts.note}
        description={texts.noteHint}
        value={note}
        maxLength={LONGEST_NOTE}
        onChange={(event) => setNote(event.currentTarget.value)}
        autoComplete="off"
      />
      <Select
        label={texts.days}
        data={LIFETIMES.map((value) => ({ value, label: texts.lifetimes[value] }))}
        value={lifetime}
        onChange={(value) => setLifetime(readLifetime(value))}
        allowDeselect={false}
      />
    </FormDialog>
  );
}
