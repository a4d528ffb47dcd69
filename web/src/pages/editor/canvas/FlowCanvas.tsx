import "@xyflow/react/dist/style.css";

import { useComputedColorScheme } from "@mantine/core";
import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow } from "@xyflow/react";
import { type ReactNode, useMemo, useRef } from "react";

import type { Catalogue } from "@/flow/catalogue";
import type { Drawing } from "@/flow/drawing";

import classes from "./canvas.module.css";
import { Card } from "./Card";
import { FIT, KeepInView } from "./KeepInView";
import { type Marks, NO_MARKS } from "./marks";
import { StepEdge } from "./StepEdge";
import { toCanvas } from "./toCanvas";

const NODE_TYPES = { card: Card };
const EDGE_TYPES = { smoothstep: StepEdge };
/** Fewer are seen at once: a map would only be in their way. */
const MANY = 12;

interface FlowCanvasProps {
  readonly drawing: Drawing;
  readonly catalogue: Catalogue;
  readonly label: string;
  readonly marks?: Marks;
  readonly selected?: string | null;
  readonly onSelect?: (id: string | null) => void;
  readonly children?: ReactNode;
}

/** A flow to look at: what ran, what differs. The Build tab has a canvas of its own, which can be drawn on. */
export function FlowCanvas({ drawing, catalogue, label, marks = NO_MARKS, selected = null, onSelect, children }: FlowCanvasProps) {
  const scheme = useComputedColorScheme();
  const isMoved = useRef(false);
  const shown = useMemo(() => toCanvas(drawing, catalogue, marks), [drawing, catalogue, marks]);
  const nodes = useMemo(() => shown.nodes.map((node) => ({ ...node, selected: node.id === selected })), [shown, selected]);
  return (
    <div className={classes.canvas}>
      <ReactFlow
        nodes={nodes}
        edges={shown.edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={FIT}
        minZoom={0.15}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={nodes.length > 100}
        // Without an event it was moved from here.
        onMove={(event) => {
          if (event !== null) isMoved.current = true;
        }}
        onNodeClick={(_event, node) => onSelect?.(node.id)}
        onPaneClick={() => onSelect?.(null)}
        aria-label={label}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
        <Controls showInteractive={false} position="bottom-left" />
        {nodes.length > MANY && <MiniMap pannable zoomable position="bottom-right" />}
        <KeepInView isMoved={isMoved} />
        {children}
      </ReactFlow>
    </div>
  );
}
