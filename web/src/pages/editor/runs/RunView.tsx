import { Center, Loader, Text } from "@mantine/core";
import { useMemo, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { nodeOf } from "@/flow/drawing";
import { Loading } from "@/parts/Loading";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useNow } from "@/parts/useNow";
import { isOpen, type RunOnRecord, useRun } from "@/session/runs";
import { partsTexts } from "@/texts/parts";
import { editorRunsTexts as texts } from "@/texts/editor-runs";

import { FlowCanvas } from "@/pages/editor/canvas/FlowCanvas";
import type { Automation } from "@/pages/editor/tabs";
import { FailedNotice } from "./FailedNotice";
import { RoundsBar } from "./RoundsBar";
import { RunBar } from "./RunBar";
import { runMarks } from "./runMarks";
import { classes } from "./classes";
import { StepPanel } from "./StepPanel";
import { TimelinePanel } from "./TimelinePanel";
import { useRunPicture } from "./useRunPicture";

interface RunViewProps {
  automation: Automation;
  catalogue: Catalogue;
  id: string;
}

export function RunView({ id, ...view }: RunViewProps) {
  const { data, error, refetch } = useRun(id);
  if (data !== undefined) return <Shown {...view} onRecord={data} />;
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void refetch()} back={{ to: `/automations/${view.automation.id}/runs`, text: texts.back }} />;
  return (
    <Loading />
  );
}

function Shown({ automation, catalogue, onRecord }: Omit<RunViewProps, "id"> & { onRecord: RunOnRecord }) {
  const { run } = onRecord;
  const now = useNow();
  const picture = useRunPicture(automation.id, onRecord);
  const { drawing, shown } = picture;
  // What failed is what one comes for; until somebody chooses.
  const [chosen, choose] = useState<string | null | undefined>(undefined);
  const selected = chosen === undefined ? run.error_node_id : chosen;
  const marks = useMemo(() => runMarks(drawing, catalogue, shown, now), [drawing, catalogue, shown, now]);
  const node = selected === null ? null : nodeOf(drawing, selected);
  return (
    <>
      <RunBar automation={automation} onRecord={onRecord} />
      {picture.note !== null && (
        <Text size="xs" c="dimmed" className={classes.note}>
          {picture.note}
        </Text>
      )}
      {run.status === "failed" && <FailedNotice run={run} drawing={drawing} catalogue={catalogue} onShow={choose} />}
      <RoundsBar drawing={drawing} catalogue={catalogue} rounds={shown.rounds} onChoose={picture.chooseRound} />
      <div className={classes.middle}>
        {picture.isLoading ? (
          <Center flex={1}>
            <Loader aria-label={partsTexts.loading} />
          </Center>
        ) : (
          <FlowCanvas
            drawing={drawing}
            catalogue={catalogue}
            label={texts.canvas(automation.name)}
            marks={marks}
            selected={node?.id ?? null}
            onSelect={choose}
          />
        )}
        {node !== null && (
          <StepPanel key={node.id} node={node} catalogue={catalogue} run={run} published={automation.published_number} shown={shown} onClose={() => choose(null)} />
        )}
      </div>
      <TimelinePanel drawing={drawing} catalogue={catalogue} run={run} records={shown.records} isOpen={isOpen(run.status)} selected={selected} onSelect={choose} />
    </>
  );
}
