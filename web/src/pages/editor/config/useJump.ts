import { type RefObject, useEffect, useState } from "react";

import type { ConfigPanelProps, FieldProblem } from "./ConfigPanel";
import type { Section } from "./sections";

const CONTROLS = "input:not([type=hidden]), textarea, select, button";

/** Opens the part where the field is, and puts the keyboard there. */
export function useJump(jump: ConfigPanelProps["jump"], sectionFor: (path: FieldProblem["path"]) => Section, body: RefObject<HTMLElement | null>, open: (section: Section) => void): void {
  const [done, setDone] = useState<ConfigPanelProps["jump"]>(null);
  if (jump !== null && jump !== done) {
    setDone(jump);
    open(sectionFor(jump.path));
  }
  useEffect(() => {
    if (jump === null) return undefined;
    // What was closed until now is drawn first.
    const frame = requestAnimationFrame(() => focusField(body.current, jump.path));
    return () => cancelAnimationFrame(frame);
  }, [jump, body]);
}

/** The field itself, else what it is in: a part of a value may have no field of its own. */
function focusField(body: HTMLElement | null, path: FieldProblem["path"]): void {
  for (let length = path.length; body !== null && length > 0; length -= 1) {
    const found = body.querySelector<HTMLElement>(`[data-path="${CSS.escape(JSON.stringify(path.slice(0, length)))}"]`);
    if (found === null) continue;
    found.scrollIntoView({ block: "center" });
    found.querySelector<HTMLElement>(CONTROLS)?.focus();
    return;
  }
}
