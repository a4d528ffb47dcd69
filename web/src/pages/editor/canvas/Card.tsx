import { Handle, type NodeProps, Position } from "@xyflow/react";
import { CircleAlert, CircleDashed, Pin, StickyNote } from "lucide-react";
import { memo } from "react";

import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { canvasTexts as texts } from "@/texts/canvas";
import { editorTexts } from "@/texts/editor";

import { useCanvasActions } from "./actions";
import classes from "./canvas.module.css";
import { CardMenu } from "./CardMenu";
import { FreeEnd } from "./FreeEnd";
import { MarkBadge } from "./MarkBadge";
import type { CardData, CardNode } from "./toCanvas";

export const Card = memo(function Card({ id, data, selected }: NodeProps<CardNode>) {
  const actions = useCanvasActions();
  const isDrawn = actions !== null;
  return (
    <div className={classes.node} data-disabled={data.isDisabled || undefined} data-selected={selected || undefined} data-tone={data.mark?.tone}>
      {data.mark !== null && <MarkBadge mark={data.mark} />}
      {!data.isTrigger && <Handle type="target" position={Position.Top} isConnectable={isDrawn} isConnectableStart={false} />}
      <div className={classes.face}>
        <IconTile color={data.isTrigger ? "teal" : null} size={36}>
          <NamedIcon name={data.icon} size={19} />
        </IconTile>
        <span className={classes.texts}>
          <button
            type="button"
            className={classes.main}
            data-step={id}
            aria-label={data.spoken}
            aria-describedby={`${id}-says`}
            // By a key, not by the mouse: then the focus goes on to what was opened.
            onClick={(event) => event.detail === 0 && actions?.open(id)}
          >
            {data.title}
          </button>
          <small>{data.summary}</small>
        </span>
      </div>
      <span id={`${id}-says`} hidden>
        {describe(data)}
      </span>
      <Signs data={data} />
      {actions !== null && <CardMenu id={id} data={data} actions={actions} isSelected={selected} />}
      {data.handles.map(({ name, left }) =>
        left === null ? (
          // Few have something to follow when a step fails: who looks for it finds it at the card.
          <Handle key={name} id={name} type="source" position={Position.Right} isConnectable={isDrawn} className={data.isRescued ? "" : (classes.spare ?? "")} title={isDrawn ? texts.handles.error : texts.handles.errorRead} />
        ) : (
          <Handle key={name} id={name} type="source" position={Position.Bottom} isConnectable={isDrawn} style={{ left: `${left}%` }} {...(isDrawn ? { title: texts.handles.out } : {})} />
        ),
      )}
      {actions !== null &&
        data.handles.map(({ name, left, said }) =>
          left !== null && data.free.includes(name) ? (
            <FreeEnd key={name} id={id} title={data.title} handle={name} said={said} isOnly={data.handles.filter((one) => one.left !== null).length === 1} left={left} actions={actions} />
          ) : null,
        )}
    </div>
  );
});

function Signs({ data }: { data: CardData }) {
  const { problems, open } = data;
  if (!data.hasNote && !data.isPinned && problems === 0 && open === 0) return null;
  return (
    <span className={classes.signs}>
      {data.hasNote && <StickyNote size={13} role="img" aria-label={texts.note} />}
      {data.isPinned && <Pin size={13} role="img" aria-label={texts.pinned} />}
      {problems > 0 && (
        <span className={classes.problems} role="img" aria-label={texts.problems(problems)}>
          <CircleAlert size={13} aria-hidden />
          {problems}
        </span>
      )}
      {problems === 0 && open > 0 && <CircleDashed size={13} role="img" aria-label={texts.open(open)} />}
    </span>
  );
}

function describe({ mark, problems, open, hasNote, isPinned }: CardData): string {
  const tone = mark === null ? null : editorTexts.tones[mark.tone];
  const said = [tone, problems === 0 ? null : texts.problems(problems), open === 0 ? null : texts.open(open), hasNote ? texts.note : null, isPinned ? texts.pinned : null];
  return said.filter((one) => one !== null).join(". ");
}
