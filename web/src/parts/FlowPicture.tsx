import type { Catalogue } from "@/flow/catalogue";
import { titleOf } from "@/flow/catalogue";
import type { Drawing } from "@/flow/drawing";
import { isTrigger } from "@/flow/drawing";
import { NODE_HEIGHT, NODE_WIDTH } from "@/flow/sizes";
import { pictureOf } from "@/flow/picture";
import { summaryOf } from "@/flow/summaries";
import { namesIn } from "@/flow/variableWords";

import classes from "./FlowPicture.module.css";
import { NamedIcon } from "./NamedIcon";

interface FlowPictureProps {
  drawing: Drawing;
  catalogue: Catalogue;
  label: string;
}

/** A flow as a picture, for a look before there is a canvas. */
export function FlowPicture({ drawing, catalogue, label }: FlowPictureProps) {
  const names = namesIn(drawing);
  const { width, height, boxes, lines } = pictureOf(drawing);
  return (
    <svg viewBox={`0 0 ${width} ${height}`} className={classes.picture} style={{ maxWidth: width }} role="img" aria-label={label}>
      {lines.map(({ id, path, handle, middle }) => (
        <g key={id}>
          <path d={path} className={classes.line} />
          {handle !== null && handle !== "out" && (
            <text x={middle.x} y={middle.y} className={classes.handle}>
              {handle.replace(/_/g, " ")}
            </text>
          )}
        </g>
      ))}
      {boxes.map(({ node, x, y }) => (
        <foreignObject key={node.id} x={x} y={y} width={NODE_WIDTH} height={NODE_HEIGHT}>
          <div className={classes.box} data-trigger={isTrigger(node) || undefined}>
            <span className={classes.icon}>
              <NamedIcon name={catalogue.get(node.type)?.icon ?? null} size={20} />
            </span>
            <span className={classes.texts}>
              <b>{titleOf(node, catalogue)}</b>
              <small>{summaryOf(node, names)}</small>
            </span>
          </div>
        </foreignObject>
      ))}
    </svg>
  );
}
