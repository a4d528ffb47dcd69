import { Group } from "@mantine/core";
import { Handle, type NodeProps, Position } from "@xyflow/react";

import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";

import classes from "./canvas.module.css";
import { MarkBadge } from "./MarkBadge";
import type { CardNode } from "./toCanvas";

export function Card({ data, selected }: NodeProps<CardNode>) {
  return (
    <Group
      gap={12}
      wrap="nowrap"
      className={classes.node}
      data-disabled={data.isDisabled || undefined}
      data-selected={selected || undefined}
      data-tone={data.mark?.tone}
    >
      {data.mark !== null && <MarkBadge mark={data.mark} />}
      {!data.isTrigger && <Handle type="target" position={Position.Top} />}
      <IconTile color={data.isTrigger ? "teal" : null} size={36}>
        <NamedIcon name={data.icon} size={19} />
      </IconTile>
      <span className={classes.texts}>
        <b>{data.title}</b>
        <small>{data.summary}</small>
      </span>
      {data.handles.map(({ name, left }) =>
        left === null ? (
          <Handle key={name} id={name} type="source" position={Position.Right} />
        ) : (
          <Handle key={name} id={name} type="source" position={Position.Bottom} style={{ left: `${left}%` }} />
        ),
      )}
    </Group>
  );
}
