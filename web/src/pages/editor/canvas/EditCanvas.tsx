import "@xyflow/react/dist/style.css";

import { useComputedColorScheme } from "@mantine/core";
import {
  Background, BackgroundVariant, ConnectionLineType, type EdgeChange, MiniMap, type NodeChange, type OnConnectEnd, ReactFlow, useReactFlow,
  type Viewport,
} from "@xyflow/react";
import { type DragEvent, type ReactNode, useMemo, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { type Connection, refusalOf } from "@/flow/connect";
import type { Drawing } from "@/flow/drawing";
import type { Place } from "@/flow/insert";
import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/sizes";

import type { Spot } from "./actions";
import classes from "./canvas.module.css";
import { Card } from "./Card";
import { type Held, meaningOf, NOTHING_HELD } from "./changes";
import { draggedType, placeUnder, stepUnder } from "./dropped";
import { FirstView } from "./FirstView";
import { type Marks, NO_MARKS } from "./marks";
import { createReuse } from "./reuse";
import { StepEdge } from "./StepEdge";
import { StickyCard } from "./StickyCard";
import { type CardNode, type LineEdge, toCanvas } from "./toCanvas";
import { type StickyNode, toNotes } from "./toNotes";

const NODE_TYPES = { card: Card, sticky: StickyCard };
const EDGE_TYPES = { smoothstep: StepEdge };
const SNAP: [number, number] = [4, 4];
const SEVERAL = ["Shift", "Control", "Meta"];
/** No more than this are seen at once: a map would only be in their way. */
const FEW = 8;
/** Above this many steps, those out of sight are not drawn. */
const MANY = 60;

export interface EditCanvasProps {
  readonly drawing: Drawing;
  readonly catalogue: Catalogue;
  readonly label: string;
  readonly marks?: Marks;
  readonly selection: ReadonlySet<string>;
  readonly selectedLine: string | null;
  readonly viewport: Viewport | null;
  readonly onSelect: (ids: ReadonlySet<string>) => void;
  readonly onSelectLine: (edge: string | null) => void;
  readonly onMoved: (held: Held) => void;
  readonly onConnect: (wanted: Connection) => void;
  readonly onReconnect: (edge: string, wanted: Connection) => void;
  /** A line was drawn to where nothing is. */
  readonly onWire: (place: Place, spot: Spot) => void;
  readonly onDropType: (type: string, place: Place) => void;
  readonly onViewport: (viewport: Viewport) => void;
  readonly children?: ReactNode;
}

/** A flow to draw on. What is dragged is nobody else's business until it is let go. */
export function EditCanvas(props: EditCanvasProps) {
  const { drawing, catalogue, marks = NO_MARKS, selection, selectedLine } = props;
  const scheme = useComputedColorScheme();
  const flow = useReactFlow();
  const [reuseNodes] = useState(() => createReuse<CardNode>());
  const [reuseEdges] = useState(() => createReuse<LineEdge>());
  const [reuseNotes] = useState(() => createReuse<StickyNode>());
  const [held, setHeld] = useState(NOTHING_HELD);
  const shown = useMemo(() => {
    const { nodes, edges } = toCanvas(drawing, catalogue, marks);
    return { nodes: reuseNodes(nodes), edges: reuseEdges(edges) };
  }, [drawing, catalogue, marks, reuseNodes, reuseEdges]);
  const notes = useMemo(() => reuseNotes(toNotes(drawing)), [drawing, reuseNotes]);
  const nodes = useMemo(
    () => [
      ...shown.nodes.map((node) => {
        const position = held.places.get(node.id);
        if (position === undefined && !selection.has(node.id)) return node;
        return { ...node, selected: selection.has(node.id), position: position ?? node.position };
      }),
      ...notes.map((note) => {
        const [position, size] = [held.places.get(note.id), held.sizes.get(note.id)];
        if (position === undefined && size === undefined) return note;
        return { ...note, ...size, measured: { ...note.measured, ...size }, position: position ?? note.position };
      }),
    ],
    [shown, notes, selection, held],
  );
  const edges = useMemo(() => shown.edges.map((edge) => (edge.id === selectedLine ? { ...edge, selected: true } : edge)), [shown, selectedLine]);

  function nodesChanged(changes: NodeChange<CardNode | StickyNode>[]) {
    const meant = meaningOf(changes, selection, held);
    if (meant.selection !== null) props.onSelect(meant.selection);
    if (meant.isDone) props.onMoved(meant.held);
    if (meant.held !== held) setHeld(meant.isDone ? NOTHING_HELD : meant.held);
  }

  function edgesChanged(changes: EdgeChange<LineEdge>[]) {
    const chosen = changes.filter((change) => change.type === "select");
    const now = chosen.find((change) => change.selected);
    if (now !== undefined) props.onSelectLine(now.id);
    else if (chosen.length > 0) props.onSelectLine(null);
  }

  const connectEnded: OnConnectEnd = (event, { fromHandle, toHandle, isValid }) => {
    if (fromHandle === null || isValid === true || fromHandle.type !== "source") return;
    const point = "changedTouches" in event ? event.changedTouches[0] : event;
    if (point === undefined) return;
    const { clientX: x, clientY: y } = point;
    const target = toHandle?.nodeId ?? stepUnder(x, y);
    const from = { source: fromHandle.nodeId, handle: fromHandle.id ?? null };
    if (target !== null) {
      props.onConnect({ ...from, target });
      return;
    }
    const { x: centre, y: top } = flow.screenToFlowPosition({ x, y });
    props.onWire({ kind: "after", ...from, position: { x: snapped(centre - NODE_WIDTH / 2), y: snapped(top) } }, { x, y });
  };

  function dropped(event: DragEvent) {
    const type = draggedType(event.dataTransfer);
    if (type === null) return;
    event.preventDefault();
    const { x, y } = flow.screenToFlowPosition({ x: event.clientX, y: event.clientY });
    const position = { x: snapped(x - NODE_WIDTH / 2), y: snapped(y - NODE_HEIGHT / 2) };
    props.onDropType(type, placeUnder(event.clientX, event.clientY) ?? { kind: "free", position });
  }

  return (
    <div className={classes.canvas}>
      <ReactFlow<CardNode | StickyNode, LineEdge>
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={scheme}
        {...(props.viewport === null ? {} : { defaultViewport: props.viewport })}
        minZoom={0.15}
        snapToGrid
        snapGrid={SNAP}
        nodesFocusable={false}
        edgesFocusable={false}
        disableKeyboardA11y
        deleteKeyCode={null}
        multiSelectionKeyCode={SEVERAL}
        selectNodesOnDrag={false}
        nodeDragThreshold={3}
        connectionLineType={ConnectionLineType.SmoothStep}
        connectionRadius={28}
        reconnectRadius={14}
        onlyRenderVisibleElements={nodes.length > MANY}
        onNodesChange={nodesChanged}
        onEdgesChange={edgesChanged}
        isValidConnection={(one) => refusalOf(drawing, catalogue, wantedOf(one)) === null}
        onConnect={(one) => props.onConnect(wantedOf(one))}
        onConnectEnd={connectEnded}
        onReconnect={(edge, one) => props.onReconnect(edge.id, wantedOf(one))}
        // React Flow leaves what is selected as it is; whoever clicks one of several means that one.
        onNodeClick={(event, { id }) => selection.size > 1 && !isForSeveral(event) && props.onSelect(new Set([id]))}
        onPaneClick={() => props.onSelectLine(null)}
        onMoveEnd={(event, viewport) => event !== null && props.onViewport(viewport)}
        onDragOver={(event) => {
          event.preventDefault();
          event.dataTransfer.dropEffect = "copy";
        }}
        onDrop={dropped}
        aria-label={props.label}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
        {nodes.length > FEW && <MiniMap pannable zoomable position="bottom-right" className={classes.map ?? ""} ariaLabel={null} />}
        <FirstView kept={props.viewport} />
        {props.children}
      </ReactFlow>
    </div>
  );
}

function wantedOf({ source, sourceHandle, target }: { source: string; sourceHandle?: string | null; target: string }): Connection {
  return { source, handle: sourceHandle ?? null, target };
}

function isForSeveral({ shiftKey, ctrlKey, metaKey }: { readonly shiftKey: boolean; readonly ctrlKey: boolean; readonly metaKey: boolean }): boolean {
  return shiftKey || ctrlKey || metaKey;
}

function snapped(value: number): number {
  return Math.round(value / SNAP[0]) * SNAP[0];
}
