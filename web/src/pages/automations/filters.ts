/** What the list is asked for; it stands in the address, so that a look can be shared and gone back to. */

import type { State } from "@/session/automationState";

export const STATES = ["all", "live", "off", "draft", "paused", "error"] as const;
export const TRIGGERS = ["all", "event", "schedule", "manual", "ai_tool"] as const;
export const SORTS = ["newest", "name", "last_run", "runs", "failures"] as const;

export interface Filters {
  readonly search: string;
  readonly state: (typeof STATES)[number];
  readonly trigger: (typeof TRIGGERS)[number];
  readonly sort: (typeof SORTS)[number];
}

export const NO_FILTERS: Filters = { search: "", state: "all", trigger: "all", sort: "newest" };

export function readFilters(parameters: URLSearchParams): Filters {
  return {
    search: parameters.get("search") ?? "",
    state: oneOf(STATES, parameters.get("status"), "all"),
    trigger: oneOf(TRIGGERS, parameters.get("trigger"), "all"),
    sort: oneOf(SORTS, parameters.get("sort"), "newest"),
  };
}

/** Only what is not as it is by itself. */
export function writeFilters({ search, state, trigger, sort }: Filters): URLSearchParams {
  const given = { search, status: state === "all" ? "" : state, trigger: trigger === "all" ? "" : trigger, sort: sort === "newest" ? "" : sort };
  return new URLSearchParams(Object.entries(given).filter(([, value]) => value !== ""));
}

export function isFiltered({ search, state, trigger }: Filters): boolean {
  return search.trim() !== "" || state !== "all" || trigger !== "all";
}

interface Asked {
  search?: string;
  status?: "draft" | "active" | "paused" | "error";
  enabled?: boolean;
  trigger_type?: Exclude<Filters["trigger"], "all">;
}

export function askedFor({ search, state, trigger }: Filters): Asked {
  return {
    ...(search.trim() === "" ? {} : { search: search.trim() }),
    ...(state === "all" ? {} : columnsOf(state)),
    ...(trigger === "all" ? {} : { trigger_type: trigger }),
  };
}

function columnsOf(state: State): Asked {
  if (state === "live") return { status: "active", enabled: true };
  return state === "off" ? { status: "active", enabled: false } : { status: state };
}

export function oneOf<const T extends string>(values: readonly T[], given: string | null, otherwise: T): T {
  return values.find((value) => value === given) ?? otherwise;
}
