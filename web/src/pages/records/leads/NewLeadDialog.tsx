import { Button, Group, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useNavigate } from "react-router";

import { useSaveLead } from "@/pages/records/queries";
import { Dialog } from "@/parts/Dialog";
import { useMe } from "@/session/accounts";
import { useAgents } from "@/session/agents";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

import { LeadFields } from "./LeadFields";
import { changesOf, EMPTY, type LeadValues, problemsOf } from "./leadForm";

export function NewLeadDialog({ account, stages, onClose }: { account: string; stages: readonly string[]; onClose: () => void }) {
  const { data: me } = useMe();
  const { data: agents } = useAgents(account);
  // Whoever makes it looks after it, unless somebody else is chosen.
  const [values, setValues] = useState<LeadValues>({ ...EMPTY, owner: me?.key === null ? me.user_id : null });
  const [isAsked, setAsked] = useState(false);
  const navigate = useNavigate();
  const save = useSaveLead(null, (lead) => {
    notifications.show({ message: recordsTexts.leads.created });
    void navigate(`/leads/${lead.id}`);
  });
  const problems = problemsOf(values);
  return (
    <Dialog onClose={onClose} title={recordsTexts.leads.new} closeButtonProps={{ "aria-label": partsTexts.close }}>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          setAsked(true);
          if (Object.keys(problems).length === 0) save.mutate({ ...changesOf(EMPTY, values), ...ofOnly(agents), user_id: account });
        }}
      >
        <Stack gap="md">
          <LeadFields account={account} values={values} problems={isAsked ? problems : {}} stages={stages} onChange={setValues} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {partsTexts.cancel}
            </Button>
            <Button type="submit" loading={save.isPending}>
              {recordsTexts.lead.create}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** Without an agent nobody could begin a conversation with the lead; of several, the form does not know which. */
function ofOnly(agents: readonly { id: string }[] | undefined): { agent_id?: string } {
  const [only, ...others] = agents ?? [];
  return only === undefined || others.length > 0 ? {} : { agent_id: only.id };
}
