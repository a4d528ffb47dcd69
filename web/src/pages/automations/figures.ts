/** Runs of the last day by automation, and the order in which rows are shown. */

import type { components } from "@/lib/api-types";

import type { Filters } from "./filters";
import { type AutomationRow, stateOf } from "@/session/automationState";

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

/** How many there are and are live, without those that are about to be deleted. */
export function countsOf({ automations: { total, live } }: Overview, rows: readonly AutomationRow[], pending: ReadonlySet<string> | ReadonlyMap<string, unknown>) {
  const going = rows.filter((row) => pending.has(row.id));
  return { total: total - going.length, live: live - going.filter((row) => stateOf(row) === "live").length };
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

export interface LastRun {
  readonly at: string | null;
  readonly status: string | null;
}

type OpenRun = Pick<components["schemas"]["ExecutionListItem"], "automation_id" | "started_at" | "status" | "waiting">;

/** The newest open run of each automation. */
export function newestOf(runs: readonly OpenRun[]): ReadonlyMap<string, OpenRun> {
  return new Map([...runs].sort((a, b) => Date.parse(a.started_at) - Date.parse(b.started_at)).map((run) => [run.automation_id, run]));
}

/** A row of the list knows of a run when it has ended; one that works or waits may be newer. */
export function lastRunOf(row: Pick<AutomationRow, "id" | "last_executed_at" | "last_execution_status">, open: ReadonlyMap<string, OpenRun>): LastRun {
  const { id, last_executed_at: ended, last_execution_status: status } = row;
  const run = open.get(id);
  if (run === undefined || (ended !== null && Date.parse(ended) > Date.parse(run.started_at))) return { at: ended, status };
  return { at: run.started_at, status: run.waiting ? "waiting" : run.status };
}
