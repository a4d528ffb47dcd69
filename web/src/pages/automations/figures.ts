/** Runs of the last day by automation, and the order in which rows are shown. */

import type { components } from "@/lib/api-types";

import type { Filters } from "./filters";
import type { AutomationRow } from "@/session/automationState";

type Overview = components["schemas"]["Overview"];

export interface Figures {
  readonly runs: number;
  readonly failed: number;
}

export const MOST_BUSY = 200;
const NONE: Figures = { runs: 0, failed: 0 };

/** Null: not known. Who is not among the busiest has no runs, unless more were busy than are told. */
export function figuresOf(overview: Overview | undefined, id: string): Figures | null {
  if (overview === undefined) return null;
  const { busiest } = overview.automations;
  const found = busiest.find((one) => one.id === id);
  if (found !== undefined) return found;
  return busiest.length < MOST_BUSY ? NONE : null;
}

/** Rows come newest first; an order that equal rows keep. */
export function sorted(rows: readonly AutomationRow[], sort: Filters["sort"], overview: Overview | undefined): AutomationRow[] {
  const byFigure = (pick: (figures: Figures) => number) => (row: AutomationRow) => -pick(figuresOf(overview, row.id) ?? NONE);
  switch (sort) {
    case "newest":
      return [...rows];
    case "name":
      return [...rows].sort((a, b) => a.name.localeCompare(b.name));
    case "last_run":
      return by(rows, (row) => -(row.last_executed_at === null ? 0 : Date.parse(row.last_executed_at)));
    case "runs":
      return by(rows, byFigure((figures) => figures.runs));
    case "failures":
      return by(rows, byFigure((figures) => figures.failed));
  }
}

function by(rows: readonly AutomationRow[], key: (row: AutomationRow) => number): AutomationRow[] {
  return rows.map((row) => [key(row), row] as const).sort(([a], [b]) => a - b).map(([, row]) => row);
}
