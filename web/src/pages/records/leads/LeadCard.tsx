import { Button, Card, Group, Stack, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";

import classes from "@/pages/records/records.module.css";
import { wordsOf } from "@/pages/records/filters";
import { type Lead, useNewestLeads, useSaveLead } from "@/pages/records/queries";
import { JsonBlock } from "@/parts/JsonBlock";
import { recordsTexts } from "@/texts/records";

import { LeadFields } from "./LeadFields";
import { changesOf, problemsOf, takenOver, valuesOf } from "./leadForm";

const texts = recordsTexts.lead;

/** What is typed stays where a run changes the lead meanwhile. */
export function LeadCard({ lead, mayChange }: { lead: Lead; mayChange: boolean }) {
  const [known, setKnown] = useState(() => valuesOf(lead));
  const [values, setValues] = useState(known);
  const now = valuesOf(lead);
  if (JSON.stringify(now) !== JSON.stringify(known)) {
    setKnown(now);
    setValues(takenOver(known, values, now));
  }
  const stages = wordsOf(
    useNewestLeads(lead.user_id).map((one) => one.stage),
    null,
  );
  const save = useSaveLead(lead.id, (saved) => {
    setKnown(valuesOf(saved));
    setValues(valuesOf(saved));
    notifications.show({ message: recordsTexts.leads.saved });
  });
  const changes = changesOf(known, values);
  const hasChanges = Object.keys(changes).length > 0;
  const problems = hasChanges ? problemsOf(values) : {};
  return (
    <Card withBorder radius="lg" padding="lg" className={`surface ${classes.form}`} component="section" aria-labelledby="about">
      <Title order={2} size="h5" id="about" mb="md">
        {texts.about}
      </Title>
      <form
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (hasChanges && Object.keys(problems).length === 0) save.mutate(changes);
        }}
      >
        <Stack gap="md">
          <LeadFields account={lead.user_id} values={values} problems={problems} stages={stages} readOnly={!mayChange} onChange={setValues} />
          {hasData(lead.data) && <JsonBlock title={texts.data} value={lead.data} />}
          {mayChange && (
            <Group justify="flex-end" gap="sm" className={classes.save ?? ""}>
              {hasChanges && (
                <Button variant="default" onClick={() => setValues(known)}>
                  {texts.undo}
                </Button>
              )}
              <Button type="submit" disabled={!hasChanges} loading={save.isPending}>
                {texts.save}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Card>
  );
}

function hasData(data: unknown): boolean {
  return data !== null && data !== undefined && JSON.stringify(data) !== "{}";
}
