import { useMemo, useRef, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { isTrigger, nodeOf } from "@/flow/drawing";
import { type Place, placeAfter } from "@/flow/insert";
import { canvasTexts } from "@/texts/canvas";
import { editorTexts } from "@/texts/editor";

import { type CanvasActions, CanvasActionsContext, type Spot, spotOf } from "@/pages/editor/canvas/actions";
import { EditCanvas } from "@/pages/editor/canvas/EditCanvas";
import { useDraft, useDraftStore } from "@/pages/editor/draft/useDraft";
import { countsByStep, type ToldProblem } from "@/pages/editor/problems/problems";
import type { Automation } from "@/pages/editor/tabs";
import { idsRun, useTested } from "@/pages/editor/test/testRuns";
import { useTestMarks } from "@/pages/editor/test/useTestMarks";
import { Announcer } from "./Announcer";
import classes from "./BuildTab.module.css";
import { openConfig } from "./configFocus";
import { FirstTrigger } from "./FirstTrigger";
import { stepElement } from "./focus";
import { KeysDialog } from "./KeysDialog";
import { Palette, usePaletteShown } from "./Palette";
import { Picker } from "./Picker";
import { SelectionBar } from "./SelectionBar";
import { Toolbar } from "./Toolbar";
import { useBuild } from "./useBuild";
import { useFocusedStep, useSelectedInView, useTestInView } from "./useFocusedStep";
import { useShortcuts } from "./useShortcuts";
import { useViewport } from "./useViewport";

interface Picking {
  readonly title: string;
  readonly triggers: boolean;
  readonly spot: Spot;
  readonly onChoose: (type: string) => void;
}

/** Where the flow is drawn: the steps to add, the canvas and its tools. */
export function Workbench({ automation, catalogue, problems }: { automation: Automation; catalogue: Catalogue; problems: readonly ToldProblem[] }) {
  const store = useDraftStore();
  const drawing = useDraft((draft) => draft.drawing);
  const selection = useDraft((draft) => draft.selection);
  const tested = useTested(automation.id);
  const went = useTestMarks(automation.id, catalogue);
  const marks = useMemo(() => ({ ...went, problems: countsByStep(problems) }), [went, problems]);
  const build = useBuild(catalogue);
  const viewport = useViewport(automation, true);
  const search = useRef<HTMLInputElement>(null);
  const palette = usePaletteShown();
  const [picking, setPicking] = useState<Picking | null>(null);
  const [line, setLine] = useState<string | null>(null);
  const [keys, setKeys] = useState(false);
  const [selected = null] = selection;
  useFocusedStep();
  useSelectedInView(selection.size === 1 ? selected : null);
  useTestInView(useMemo(() => (tested === null ? null : idsRun(tested)), [tested]));

  const actions = useMemo((): CanvasActions => {
    const pick = (place: Place, spot: Spot) =>
      setPicking({ title: canvasTexts.picker.title, triggers: false, spot, onChoose: (type) => build.insert(type, place) });
    return {
      pick,
      replace: (id, spot) => {
        const node = nodeOf(store.getState().drawing, id);
        if (node === null) return;
        const title = canvasTexts.picker.replace(build.titleOf(id));
        setPicking({ title, triggers: isTrigger(node), spot, onChoose: (type) => build.replace(id, type) });
      },
      open: (id) => {
        store.getState().select([id]);
        openConfig();
      },
      duplicate: build.duplicate,
      remove: build.remove,
      setDisabled: build.setDisabled,
      removeLine: build.removeLine,
      notes: build.notes,
    };
  }, [build, store]);

  useShortcuts({
    build,
    selectedLine: line,
    isOff: picking !== null || keys,
    onSearch: () => {
      palette.open(true);
      requestAnimationFrame(() => search.current?.focus());
    },
    onKeys: () => setKeys(true),
    onRename: (id) => {
      store.getState().select([id]);
      openConfig();
    },
    onInsertAfter: (id) => {
      const element = stepElement(id);
      if (element !== null) actions.pick(placeAfter(drawing, catalogue, id), spotOf(element));
    },
    onLeaveLine: () => setLine(null),
  });

  const isEmpty = drawing.nodes.length === 0 && drawing.notes.length === 0;
  return (
    <>
      <Palette
        catalogue={catalogue}
        hasTrigger={drawing.nodes.some(isTrigger)}
        search={search}
        shown={palette}
        onChoose={(type) => build.insert(type, placeAfter(store.getState().drawing, catalogue, selected))}
      />
      <div className={classes.stage}>
        {isEmpty ? (
          <FirstTrigger catalogue={catalogue} onChoose={(type) => build.insert(type, { kind: "free" })} />
        ) : (
          <CanvasActionsContext value={actions}>
            <EditCanvas
              drawing={drawing}
              catalogue={catalogue}
              label={editorTexts.canvas(automation.name)}
              marks={marks}
              selection={selection}
              selectedLine={line}
              viewport={viewport.first}
              onSelect={store.getState().select}
              onSelectLine={setLine}
              onMoved={build.move}
              onConnect={build.connect}
              onReconnect={build.reconnect}
              onWire={actions.pick}
              onDropType={build.insert}
              onViewport={viewport.keep}
            />
            <Toolbar build={build} onKeys={() => setKeys(true)} />
            <SelectionBar build={build} />
          </CanvasActionsContext>
        )}
        {drawing.nodes.length === 1 && drawing.nodes.every(isTrigger) && <p className={classes.next}>{canvasTexts.next}</p>}
      </div>
      {picking !== null && (
        <Picker
          title={picking.title}
          catalogue={catalogue}
          triggers={picking.triggers}
          spot={picking.spot}
          onChoose={(type) => {
            setPicking(null);
            picking.onChoose(type);
          }}
          onClose={() => setPicking(null)}
        />
      )}
      <KeysDialog isOpen={keys} onClose={() => setKeys(false)} />
      <Announcer />
    </>
  );
}
