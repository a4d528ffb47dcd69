import { Anchor, Stack } from "@mantine/core";
import { ArrowLeft } from "lucide-react";
import { Link, useParams } from "react-router";

import { useLead } from "@/pages/records/queries";
import classes from "@/pages/records/records.module.css";
import { WhyNot } from "@/pages/records/explain/WhyNot";
import { RunOnThis } from "@/pages/records/start/RunOnThis";
import { Timeline } from "@/pages/records/timeline/Timeline";
import { Loading } from "@/parts/Loading";
import { PageHeader } from "@/parts/PageHeader";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useMayChange } from "@/session/accounts";
import { recordsTexts } from "@/texts/records";

import { leadName } from "./leadForm";
import { LeadConversations } from "./LeadConversations";
import { LeadCard } from "./LeadCard";

export function LeadPage() {
  const { id = "" } = useParams();
  return <LeadOf key={id} id={id} />;
}

function LeadOf({ id }: { id: string }) {
  const { data: lead, error, refetch } = useLead(id);
  const mayChange = useMayChange();
  return (
    <>
      <Anchor component={Link} to="/leads" size="sm" c="dimmed" mb="xs" display="inline-flex" style={{ alignItems: "center", gap: 6 }}>
        <ArrowLeft size={14} aria-hidden />
        {recordsTexts.leads.back}
      </Anchor>
      {error !== null && lead === undefined && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {lead === undefined && error === null && (
        <Loading />
      )}
      {lead !== undefined && (
        <>
          <PageHeader
            title={leadName(lead)}
            {...(mayChange ? {} : { text: recordsTexts.readOnly })}
            actions={
              <>
                <WhyNot account={lead.user_id} table="leads" id={lead.id} />
                {mayChange && <RunOnThis account={lead.user_id} kind="lead" id={lead.id} />}
              </>
            }
          />
          <div className={classes.columns}>
            <Stack gap="lg">
              <LeadCard lead={lead} mayChange={mayChange} />
              <LeadConversations lead={lead} mayChange={mayChange} />
            </Stack>
            <Timeline account={lead.user_id} table="leads" id={lead.id} />
          </div>
        </>
      )}
    </>
  );
}
