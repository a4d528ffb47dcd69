import { MousePointerClick } from "lucide-react";
import { useParams } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { editorRunsTexts as texts } from "@/texts/editor-runs";

import type { TabProps } from "@/pages/editor/tabs";
import { RunList } from "./RunList";
import { classes } from "./classes";
import { RunView } from "./RunView";

/** Left the runs, right the one that is looked at: on the canvas of the version that ran. */
export function RunsTab({ automation, catalogue }: TabProps) {
  const { "*": rest = "" } = useParams();
  const run = rest.split("/")[1] ?? "";
  return (
    <div className={classes.panes} data-chosen={run !== "" || undefined}>
      <RunList automation={automation} chosen={run} />
      <div className={classes.stage}>
        {run === "" ? (
          <EmptyState icon={MousePointerClick} title={texts.choose.title} text={texts.choose.text} />
        ) : (
          <RunView key={run} automation={automation} catalogue={catalogue} id={run} />
        )}
      </div>
    </div>
  );
}
