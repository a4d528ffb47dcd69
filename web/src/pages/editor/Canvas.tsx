import "@xyflow/react/dist/style.css";

import { useComputedColorScheme } from "@mantine/core";
import { Background, BackgroundVariant, Controls, MiniMap, ReactFlow } from "@xyflow/react";
import { useMemo } from "react";

import type { Catalogue } from "@/flow/catalogue";
import type { Drawing } from "@/flow/drawing";

import { toCanvas } from "./canvas";
import { Card } from "./Card";
import classes from "./EditorPage.module.css";

const NODE_TYPES = { card: Card };
const FIT = { padding: 0.2, maxZoom: 1 };

export function Canvas({ drawing, catalogue, label }: { drawing: Drawing; catalogue: Catalogue; label: string }) {
  const scheme = useComputedColorScheme();
  const { nodes, edges } = useMemo(() => toCanvas(drawing, catalogue), [drawing, catalogue]);
  return (
    <div className={classes.canvas}>
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        colorMode={scheme}
        fitView
        fitViewOptions={FIT}
        minZoom={0.15}
        nodesDraggable={false}
        nodesConnectable={false}
        deleteKeyCode={null}
        onlyRenderVisibleElements={nodes.length > 100}
        aria-label={label}
      >
        <Background variant={BackgroundVariant.Dots} gap={20} size={1.4} />
        <Controls showInteractive={false} position="bottom-left" />
        <MiniMap pannable zoomable position="bottom-right" />
      </ReactFlow>
    </div>
  );
}
