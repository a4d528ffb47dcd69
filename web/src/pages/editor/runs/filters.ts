/** Which runs of the automation are listed; it stands in the address. */

import { isId } from "@/lib/ids";

export const STATUSES = ["all", "open", "waiting", "completed", "failed", "cancelled"] as const;
export const KINDS = ["all", "live", "tests"] as const;
export const SPANS = ["all", "hour", "day", "week"] as const;

export interface RunFilters {
  readonly status: (typeof STATUSES)[number];
  readonly span: (typeof SPANS)[number];
  /** `live`: without tests of drafts. */
  readonly kind: (typeof KINDS)[number];
  /** The id of a lead. */
  readonly lead: string | null;
}

const MINUTE = 60_000;
const LENGTHS = { hour: 60 * MINUTE, day: 1_440 * MINUTE, week: 10_080 * MINUTE } as const;

export function readFilters(parameters: URLSearchParams): RunFilters {
  const lead = parameters.get("lead");
  return {
    status: oneOf(STATUSES, parameters.get("status")) ?? "all",
    span: oneOf(SPANS, parameters.get("time")) ?? "all",
    kind: oneOf(KINDS, parameters.get("kind")) ?? "all",
    lead: isId(lead) ? lead : null,
  };
}

export function writeFilters({ status, span, kind, lead }: RunFilters): URLSearchParams {
  const given = { status: status === "all" ? "" : status, time: span === "all" ? "" : span, kind: kind === "all" ? "" : kind, lead: lead ?? "" };
  return new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ""));
}

/** `since` is cut to the minute: else each look would be another question. */
export function sinceOf(span: RunFilters["span"], now: number): string | null {
  return span === "all" ? null : new Date(Math.floor((now - LENGTHS[span]) / MINUTE) * MINUTE).toISOString();
}

export function askedFor({ status, span, kind, lead }: RunFilters, now: number) {
  const since = sinceOf(span, now);
  return {
    ...(status === "all" ? {} : { status: status === "open" ? (["pending", "running"] as const).slice() : [status] }),
    ...(since === null ? {} : { since }),
    ...(kind === "all" ? {} : { test_mode: kind === "tests" }),
    ...(lead === null ? {} : { lead_id: lead }),
  };
}

export function oneOf<const T extends string>(values: readonly T[], given: string | null): T | null {
  return values.find((value) => value === given) ?? null;
}
