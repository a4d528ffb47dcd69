import { type ReactFlowInstance, useReactFlow, useStore } from "@xyflow/react";
import { useEffect, useRef } from "react";

import type { Position } from "@/flow/drawing";
import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/sizes";

import { stepElement, useWantedStep } from "./focus";
import { type Box, lookAt, type Room, shiftIntoView } from "./shift";

const MOST_TRIES = 30;
const MARGIN = 24;
// The tools lie over the lower edge.
const TOOLS = 64;
// What can be added after a step is below it, and above that the name of the way.
const FREE_END = 50;

/** Brings the wanted step into sight and gives it the focus, once React Flow has drawn it. */
export function useFocusedStep(): void {
  const flow = useReactFlow();
  const wanted = useWantedStep((focus) => focus.wanted);
  useEffect(() => {
    if (wanted === null) return;
    const { id, isNew } = wanted;
    let tries = 0;
    let frame = requestAnimationFrame(attempt);
    function attempt() {
      revealStep(flow, id, isNew ? "new" : "with what is before it");
      const element = stepElement(id);
      tries += 1;
      if (element !== null) element.focus({ preventScroll: true });
      else if (tries < MOST_TRIES) frame = requestAnimationFrame(attempt);
    }
    return () => cancelAnimationFrame(frame);
  }, [wanted, flow]);
}

/** The step that is selected stays in sight when its panel takes some of the room. */
export function useSelectedInView(selected: string | null): void {
  const flow = useReactFlow();
  const size = useStore(({ width, height }) => `${width}x${height}`);
  useEffect(() => {
    if (selected === null) return;
    const { wanted } = useWantedStep.getState();
    // A step that has just come opens its panel, too.
    revealStep(flow, selected, wanted?.isNew === true && wanted.id === selected ? "new" : "alone");
  }, [flow, selected, size]);
}

/** After a test all that ran is seen, or where it ended. */
export function useTestInView(ran: readonly string[] | null): void {
  const flow = useReactFlow();
  // What was tested before this page came up has been looked at.
  const seen = useRef(ran);
  useEffect(() => {
    if (ran === null || ran === seen.current) return;
    seen.current = ran;
    // Once the canvas has given room to the result below it.
    let frame = requestAnimationFrame(() => {
      frame = requestAnimationFrame(() => reveal(flow, ([...all]) => [all, ran, ran.slice(-1)], true));
    });
    return () => cancelAnimationFrame(frame);
  }, [flow, ran]);
}

type Wanted = "alone" | "with what is before it" | "new";

/** With where it came from and what comes from there, and with all of the flow where there is room for that. */
function revealStep(flow: ReactFlowInstance, id: string, how: Wanted): void {
  const edges = flow.getEdges();
  const before = edges.flatMap(({ source, target }) => (target === id ? [source] : []));
  const beside = edges.flatMap(({ source, target }) => (before.includes(source) ? [target] : []));
  reveal(flow, ([...all]) => (!all.includes(id) ? [] : how === "alone" ? [[id]] : [all, [...before, ...beside, id], [...before, id], [id]]), how === "new");
}

/** `wanted`: of all steps those that would be good to see, the best first. */
function reveal(flow: ReactFlowInstance, wanted: (all: Iterable<string>) => readonly (readonly string[])[], maySmaller: boolean): void {
  const stage = document.querySelector(".react-flow")?.getBoundingClientRect();
  if (stage === undefined) return;
  const { x, y, zoom } = flow.getViewport();
  const boxes = new Map(flow.getNodes().map((node) => [node.id, boxOf({ x, y }, zoom, node.position)]));
  const good = wanted(boxes.keys()).map((ids) => ids.flatMap((one) => boxes.get(one) ?? []));
  const room = roomIn(stage);
  const look = maySmaller ? lookAt(good, room, zoom) : { by: 1, x: 0, y: 0, ...shiftIntoView(good, room) };
  if (look === null || (look.by === 1 && look.x === 0 && look.y === 0)) return;
  void flow.setViewport({ x: x * look.by + look.x, y: y * look.by + look.y, zoom: zoom * look.by });
}

/** From its upper left. */
function roomIn(stage: DOMRect): Room {
  const map = document.querySelector(".react-flow__minimap")?.getBoundingClientRect();
  return {
    across: { from: MARGIN, to: stage.width - MARGIN },
    down: { from: MARGIN, to: stage.height - TOOLS },
    corner: map === undefined ? null : { x: map.left - stage.left, y: map.top - stage.top },
  };
}

function boxOf(origin: Position, zoom: number, { x, y }: Position): Box {
  const [left, top] = [origin.x + x * zoom, origin.y + y * zoom];
  return { across: { from: left, to: left + NODE_WIDTH * zoom }, down: { from: top, to: top + (NODE_HEIGHT + FREE_END) * zoom } };
}
