import { Box, Flex, SegmentedControl } from "@mantine/core";
import { ReactFlowProvider } from "@xyflow/react";
import { Shapes } from "lucide-react";
import { useMemo, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { setConfig, setDisabled, setLabel, setSettings } from "@/flow/edit";
import { tableOfTrigger, withNewest } from "@/flow/newestRows";
import { EmptyState } from "@/parts/EmptyState";
import { useAccount, useMayChange } from "@/session/accounts";
import { useNewestRow } from "@/session/newestRow";
import { canvasTexts } from "@/texts/canvas";
import { editorTexts as texts } from "@/texts/editor";

import { FlowCanvas } from "@/pages/editor/canvas/FlowCanvas";
import { ConfigPanel } from "@/pages/editor/config/ConfigPanel";
import { useOutputs } from "@/pages/editor/draft/samples";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { useLeft } from "@/pages/editor/problems/left";
import { ProblemList } from "@/pages/editor/problems/ProblemList";
import { fieldProblemsOf, typeIn } from "@/pages/editor/problems/problems";
import { type Checked, useJumps, useProblems } from "@/pages/editor/problems/useProblems";
import type { TabProps } from "@/pages/editor/tabs";
import { TestedStep } from "@/pages/editor/test/TestedStep";
import { TestResult } from "@/pages/editor/test/TestResult";
import { useTestMarks } from "@/pages/editor/test/useTestMarks";
import classes from "./BuildTab.module.css";
import { CONFIG_ID } from "./configFocus";
import { focusStep } from "./focus";
import { Outline } from "./Outline";
import { Workbench } from "./Workbench";

type View = "canvas" | "list";

export function BuildTab({ automation, catalogue }: TabProps) {
  const { drawing, selection, select } = useDraft((draft) => draft);
  const mayChange = useMayChange();
  const checked = useProblems(automation.id);
  const [view, setView] = useState<View>("canvas");
  return (
    <ReactFlowProvider>
      <Flex h="100%">
        <Flex direction="column" flex={1} miw={0}>
          <Box flex={1} mih={0} pos="relative" className={classes.middle}>
            <SegmentedControl
              size="xs"
              aria-label={texts.view}
              value={view}
              onChange={setView}
              className={classes.view}
              data={[
                { value: "canvas", label: texts.canvasTab },
                { value: "list", label: texts.list },
              ]}
            />
            {view === "list" ? (
              <Outline drawing={drawing} catalogue={catalogue} selection={selection} onSelect={(id) => select([id])} />
            ) : mayChange ? (
              <Workbench automation={automation} catalogue={catalogue} problems={checked.problems} />
            ) : drawing.nodes.length === 0 ? (
              <EmptyState icon={Shapes} title={canvasTexts.empty.readOnly} text={canvasTexts.empty.readOnlyText} />
            ) : (
              <Drawn automation={automation.id} name={automation.name} catalogue={catalogue} />
            )}
          </Box>
          <TestResult automation={automation} catalogue={catalogue} />
          {mayChange && <ProblemList checked={checked} catalogue={catalogue} />}
        </Flex>
        <Config automation={automation.id} catalogue={catalogue} checked={checked} />
      </Flex>
    </ReactFlowProvider>
  );
}

/** To those who may not change it. */
function Drawn({ automation, name, catalogue }: { automation: string; name: string; catalogue: Catalogue }) {
  const { drawing, selection, select } = useDraft((draft) => draft);
  const [selected = null] = selection;
  const marks = useTestMarks(automation, catalogue);
  return (
    <FlowCanvas
      drawing={drawing}
      catalogue={catalogue}
      label={texts.canvas(name)}
      marks={marks}
      selected={selected}
      onSelect={(id) => select(id === null ? [] : [id])}
    />
  );
}

/** Of the one step that is selected. */
function Config({ automation, catalogue, checked }: { automation: string; catalogue: Catalogue; checked: Checked }) {
  const { drawing, selection, change, select } = useDraft((draft) => draft);
  const outputs = useOutputs(automation);
  const newest = useNewestRow(tableOfTrigger(drawing), useAccount()?.account_id ?? "");
  const samples = useMemo(() => withNewest(checked.samples, drawing, newest), [checked.samples, drawing, newest]);
  const mayChange = useMayChange();
  const { leave, type: typing } = useLeft();
  const jump = useJumps((jumps) => jumps.jump);
  const [id] = selection;
  const type = typeIn(catalogue, drawing.nodes.find((node) => node.id === id)?.type);
  const problems = useMemo(() => (id === undefined ? [] : fieldProblemsOf(checked.problems, id, type, checked.warnings)), [checked.problems, checked.warnings, id, type]);
  if (id === undefined || selection.size > 1) return null;
  return (
    // Esc leads back to the step, from wherever in the panel.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
    <aside
      id={CONFIG_ID}
      className={classes.config}
      aria-label={texts.config}
      onKeyDown={(event) => event.key === "Escape" && !isOpened(event.target) && focusStep(id)}
    >
      <TestedStep key={`${id} test`} automation={automation} nodeId={id} />
      <ConfigPanel
        key={id}
        drawing={drawing}
        catalogue={catalogue}
        nodeId={id}
        outputs={outputs}
        samples={samples}
        problems={problems}
        jump={jump?.node === id ? jump : null}
        isReadOnly={!mayChange}
        onClose={() => select([])}
        onLeave={(paths) => leave(automation, id, paths)}
        onUnfinished={(paths) => typing(id, paths)}
        onConfig={(config, field) => change((now) => setConfig(now, id, config), `${id}/${field}`)}
        onLabel={(label) => change((now) => setLabel(now, id, label), `${id}/label`)}
        onDisabled={(disabled) => change((now) => setDisabled(now, new Set([id]), disabled))}
        onSettings={(settings, field) => change((now) => setSettings(now, id, settings), `${id}/${field}`)}
      />
    </aside>
  );
}

/** A list that is open: the key closes that first. */
function isOpened(target: EventTarget): boolean {
  return target instanceof Element && target.closest('[aria-expanded="true"], [role="dialog"]') !== null;
}
