import { Center, Loader } from "@mantine/core";
import { useMemo, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { differencesOf } from "@/flow/diffWords";
import { type Drawing, nodeOf } from "@/flow/drawing";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { partsTexts } from "@/texts/parts";
import { versionsTexts as texts } from "@/texts/versions";

import { FlowCanvas } from "@/pages/editor/canvas/FlowCanvas";
import { NO_MARKS } from "@/pages/editor/canvas/marks";
import type { Automation } from "@/pages/editor/tabs";
import { DifferenceList } from "./DifferenceList";
import { differenceMarks } from "@/pages/editor/canvas/differenceMarks";
import { type ListedVersion, useSide } from "./queries";
import type { Compared } from "./sides";
import { VersionBar } from "./VersionBar";
import { classes } from "./classes";

interface VersionViewProps {
  readonly automation: Automation;
  readonly catalogue: Catalogue;
  readonly versions: readonly ListedVersion[];
  readonly compared: Compared;
}

/** One version, and what makes it another one than that with which it is compared. */
export function VersionView({ automation, catalogue, versions, compared }: VersionViewProps) {
  const shown = useSide(automation.id, compared.side);
  const base = useSide(automation.id, compared.base);
  const failed = shown.error === null ? base : shown;
  const isLoading = shown.drawing === null || (compared.base !== null && base.drawing === null);
  return (
    <>
      <VersionBar automation={automation} versions={versions} compared={compared} drawing={shown.drawing} />
      {failed.error !== null ? (
        <ProblemNotice error={failed.error} onRetry={failed.retry} />
      ) : isLoading ? (
        <Center flex={1}>
          <Loader aria-label={partsTexts.loading} />
        </Center>
      ) : (
        <Comparison automation={automation} catalogue={catalogue} before={compared.base === null ? null : base.drawing} after={shown.drawing} />
      )}
    </>
  );
}

interface ComparisonProps {
  readonly automation: Automation;
  readonly catalogue: Catalogue;
  readonly before: Drawing | null;
  readonly after: Drawing;
}

function Comparison({ automation, catalogue, before, after }: ComparisonProps) {
  const [selected, select] = useState<string | null>(null);
  const differences = useMemo(() => differencesOf(before ?? after, after, catalogue), [before, after, catalogue]);
  const marks = useMemo(() => (before === null ? NO_MARKS : differenceMarks(differences.overlay)), [before, differences]);
  const { drawing } = differences.overlay;
  return (
    <div className={classes.middle}>
      <FlowCanvas
        drawing={drawing}
        catalogue={catalogue}
        label={texts.canvas(automation.name)}
        marks={marks}
        selected={selected !== null && nodeOf(drawing, selected) !== null ? selected : null}
        onSelect={select}
      />
      <DifferenceList differences={differences} isFirst={before === null} selected={selected} onSelect={select} />
    </div>
  );
}
