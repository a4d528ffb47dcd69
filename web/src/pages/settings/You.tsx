import { TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { type SubmitEvent, useState } from "react";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { Section } from "@/parts/Section";
import { useAskBeforeLeaving } from "@/parts/useAskBeforeLeaving";
import { useMe } from "@/session/accounts";
import { useKnownPeople } from "@/session/people";
import { accountSettingsTexts as texts } from "@/texts/account-settings";

import { useSetProfile } from "./queries";
import { SaveButtons } from "./SaveButtons";

interface Written {
  readonly name: string;
  readonly email: string;
}

/** Of whoever looks at the page, in whatever account; a key is nobody. */
export function You({ account }: { account: string }) {
  const { data: me } = useMe();
  return me === undefined || me.key !== null || me.user_id === null ? null : <Profile account={account} id={me.user_id} />;
}

function Profile({ account, id }: { account: string; id: string }) {
  const known = useKnownPeople(account).get(id);
  const [edited, edit] = useState<Partial<Written>>({});
  const saving = useSetProfile();
  const now = { name: known?.name ?? "", email: known?.email ?? "" };
  const { name, email } = { ...now, ...edited };
  const isChanged = name !== now.name || email !== now.email;
  useAskBeforeLeaving(isChanged);

  function save(event: SubmitEvent): void {
    event.preventDefault();
    if (!isChanged) return;
    saving.mutate({ name: name.trim() || null, email: email.trim() || null }, {
      onSuccess: () => {
        edit({});
        notifications.show({ message: texts.saved });
      },
    });
  }

  return (
    <form onSubmit={save} noValidate>
      <Section title={texts.you.title} text={texts.you.text}>
        <TextInput label={texts.you.name} description={texts.you.nameHint} maxLength={100} value={name} onChange={(event) => edit({ ...edited, name: event.currentTarget.value })} />
        <TextInput label={texts.you.email} description={texts.you.emailHint} type="email" maxLength={320} value={email} onChange={(event) => edit({ ...edited, email: event.currentTarget.value })} />
        {saving.error !== null && <ProblemNotice error={saving.error} />}
        <SaveButtons canSave={isChanged} isChanged={isChanged} isSaving={saving.isPending} onDiscard={() => edit({})} />
      </Section>
    </form>
  );
}
