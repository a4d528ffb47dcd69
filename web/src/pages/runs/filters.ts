/** Which runs are asked for; it stands in the address. */

import { isId } from "@/lib/ids";

export const STATUSES = ["all", "open", "pending", "running", "waiting", "completed", "failed", "cancelled"] as const;
export const SPANS = ["all", "hour", "day", "week"] as const;

type Status = Exclude<(typeof STATUSES)[number], "all" | "open">;

export interface Filters {
  readonly status: (typeof STATUSES)[number];
  readonly span: (typeof SPANS)[number];
  /** The id of an automation; null: of any. */
  readonly automation: string | null;
}

export const NO_FILTERS: Filters = { status: "all", span: "all", automation: null };

const MINUTE = 60_000;
const LENGTHS: Readonly<Record<Exclude<Filters["span"], "all">, number>> = { hour: 60 * MINUTE, day: 1_440 * MINUTE, week: 10_080 * MINUTE };

export function readFilters(parameters: URLSearchParams): Filters {
  const automation = parameters.get("automation");
  return {
    status: oneOf(STATUSES, parameters.get("status"), "all"),
    span: oneOf(SPANS, parameters.get("time"), "all"),
    automation: isId(automation) ? automation : null,
  };
}

export function writeFilters({ status, span, automation }: Filters): URLSearchParams {
  const given = { status: status === "all" ? "" : status, time: span === "all" ? "" : span, automation: automation ?? "" };
  return new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ""));
}

export function isFiltered(filters: Filters): boolean {
  return writeFilters(filters).size > 0;
}

/** `since` is cut to the minute: else each look would be another question. */
export function askedFor({ status, span, automation }: Filters, now: number) {
  const wanted: Status[] = status === "all" ? [] : status === "open" ? ["pending", "running"] : [status];
  return {
    ...(wanted.length === 0 ? {} : { status: wanted }),
    ...(span === "all" ? {} : { since: new Date(Math.floor((now - LENGTHS[span]) / MINUTE) * MINUTE).toISOString() }),
    ...(automation === null ? {} : { automation_id: automation }),
  };
}

export function oneOf<const T extends string>(values: readonly T[], given: string | null, otherwise: T): T {
  return values.find((value) => value === given) ?? otherwise;
}
