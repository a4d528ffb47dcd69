import { ChevronDown, ChevronRight } from "lucide-react";
import { useEffect, useRef } from "react";

import { shortSample } from "@/flow/templateText";
import type { VariableRow } from "@/flow/variableRows";
import { variableTexts as texts } from "@/texts/variables";

import classes from "./template.module.css";
import { optionId, type VariableListState } from "./useVariableList";

interface VariableListProps {
  readonly id: string;
  readonly label?: string;
  readonly list: VariableListState;
  readonly onPath: (path: string) => void;
}

/** The keyboard is where one types: in the field, or in the search. */
export function VariableList({ id, label = texts.dialog, list, onPath }: VariableListProps) {
  const box = useRef<HTMLDivElement>(null);
  const activeId = list.activeId(id);
  useEffect(() => {
    if (activeId !== undefined) document.getElementById(activeId)?.scrollIntoView({ block: "nearest" });
  }, [activeId]);
  return (
    <div ref={box} id={id} role="listbox" aria-label={label} className={classes.list} tabIndex={-1}>
      {list.groups.map((group) => (
        <div key={group.key} role="group" aria-label={group.title}>
          <div className={classes.source} aria-hidden>
            {group.title}
          </div>
          {group.rows.map((row) => (
            <Option key={row.path} id={optionId(id, row.path)} row={row} source={group.title} list={list} onPath={onPath} />
          ))}
        </div>
      ))}
    </div>
  );
}

function Option({ id, row, source, list, onPath }: { id: string; row: VariableRow; source: string; list: VariableListState; onPath: (path: string) => void }) {
  const Chevron = row.isOpen ? ChevronDown : ChevronRight;
  const isActive = list.active?.path === row.path;
  return (
    // The keyboard reaches it through what it is an option of.
    // eslint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      id={id}
      role="option"
      tabIndex={-1}
      aria-selected={isActive}
      title={texts.from(source, row.path)}
      data-active={isActive || undefined}
      className={classes.option}
      style={{ paddingInlineStart: 6 + row.depth * 16 }}
      // The field keeps the focus, and its cursor.
      onMouseDown={(event) => event.preventDefault()}
      onMouseMove={() => !isActive && list.point(row.path)}
      onClick={() => onPath(row.path)}
    >
      {row.hasMore ? (
        <Chevron
          size={14}
          className={classes.chevron}
          aria-hidden
          onClick={(event) => {
            event.stopPropagation();
            list.toggle(row.path);
          }}
        />
      ) : (
        <span className={classes.chevron} />
      )}
      <span className={classes.name}>{row.name}</span>
      {row.only !== null && <span className={classes.only}>{row.only}</span>}
      <span className={classes.sample}>{shortSample(row.sample)}</span>
    </div>
  );
}
