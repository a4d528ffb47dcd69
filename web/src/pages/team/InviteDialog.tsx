import { Button, Group, Modal, Radio, Select, Stack, TextInput } from "@mantine/core";
import { type SubmitEvent, useState } from "react";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { ShownOnce } from "@/parts/ShownOnce";
import { partsTexts } from "@/texts/parts";
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

  function make(event: SubmitEvent): void {
    event.preventDefault();
    inviting.mutate({ role, note: note.trim() === "" ? null : note.trim(), days: Number(lifetime) });
  }

  if (inviting.data !== undefined) {
    const { title, text, link, done } = teamTexts.made;
    return <ShownOnce title={title} text={text} label={link} value={inviting.data.url} done={done} onClose={onClose} />;
  }
  return (
    <Modal opened onClose={onClose} title={texts.title} centered radius="lg">
      <form onSubmit={make}>
        <Stack gap="md">
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
          {inviting.error !== null && <ProblemNotice error={inviting.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={inviting.isPending}>
              {texts.make}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
