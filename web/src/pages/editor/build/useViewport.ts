import type { Viewport } from "@xyflow/react";
import { useEffect, useMemo, useRef } from "react";

import { api } from "@/session/client";

import type { Automation } from "@/pages/editor/tabs";
import { viewportOf } from "./viewport";

const SETTLED_MS = 800;
/** Of this page view: what the server was asked for is older. */
const left = new Map<string, Viewport>();

/** Where the canvas was left, and keeping that. Nothing is lost where it cannot be kept, so nothing is said. */
export function useViewport(automation: Automation, mayChange: boolean): { first: Viewport | null; keep: (viewport: Viewport) => void } {
  const timer = useRef<number>(undefined);
  const { id } = automation;
  const first = useMemo(() => left.get(id) ?? viewportOf(automation.viewport), [id, automation.viewport]);
  useEffect(() => () => window.clearTimeout(timer.current), []);
  function keep(viewport: Viewport) {
    left.set(id, viewport);
    if (!mayChange) return;
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(() => {
      api.PUT("/api/v1/automations/{automation_id}/viewport", { params: { path: { automation_id: id } }, body: viewport }).catch(() => undefined);
    }, SETTLED_MS);
  }
  return { first, keep };
}
