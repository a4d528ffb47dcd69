/** The config of a schedule as its form has it. */

import type { Json, JsonObject } from "./drawing";
import { listOf, withKey } from "./formValues";

export const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const;
export const KINDS = ["every", "daily", "weekly", "monthly", "dates", "cron"] as const;
export type ScheduleKind = (typeof KINDS)[number];

const OF_KIND: Readonly<Record<ScheduleKind, readonly string[]>> = {
  every: ["amount", "unit"],
  daily: ["times"],
  weekly: ["weekdays", "times"],
  monthly: ["days", "times"],
  dates: ["dates"],
  cron: ["cron"],
};
const NINE = ["09:00"];
/** What each begins with, so that it comes at all. */
const FIRST: Readonly<Record<ScheduleKind, JsonObject>> = {
  every: { amount: 1, unit: "hours" },
  daily: { times: NINE },
  weekly: { weekdays: ["monday"], times: NINE },
  monthly: { days: [1], times: NINE },
  dates: {},
  cron: { cron: "0 9 * * 1-5" },
};

/** As the server: a config with a cron expression and nothing else is one. */
export function kindOf(config: JsonObject): ScheduleKind | null {
  const { kind, cron } = config;
  if (kind === undefined) return cron === undefined ? null : "cron";
  return KINDS.find((one) => one === kind) ?? null;
}

/** Another kind: what it has in common with the last one stays, the rest of that goes. The zone is the browser's where none is set. */
export function withKind(config: JsonObject, kind: ScheduleKind, zone: string): JsonObject {
  const own = new Set(OF_KIND[kind]);
  const others = new Set(Object.values(OF_KIND).flat().filter((name) => !own.has(name)));
  const kept = Object.fromEntries(Object.entries(config).filter(([name]) => !others.has(name)));
  return { ...FIRST[kind], timezone: zone, ...kept, kind };
}

/** In the order of the week, whatever was chosen first. */
export function withWeekday(config: JsonObject, day: string, isOn: boolean): JsonObject {
  const chosen = new Set<Json>(listOf(config["weekdays"]));
  if (isOn) chosen.add(day);
  else chosen.delete(day);
  const days = WEEKDAYS.filter((one) => chosen.has(one));
  return withKey(config, "weekdays", days.length === 0 ? undefined : days);
}

/** Days of the month as their names in a list: the last one is -1. */
export const MONTH_DAYS: readonly number[] = [...Array.from({ length: 31 }, (_, index) => index + 1), -1];

export function timesOf(config: JsonObject, key: "times" | "dates"): string[] {
  return listOf(config[key]).filter((one) => typeof one === "string");
}

export function withTimes(config: JsonObject, key: "times" | "dates", times: readonly string[]): JsonObject {
  return withKey(config, key, times.length === 0 ? undefined : [...times]);
}

/** Whether there is enough of it to ask when it comes. */
export function isWhole(config: JsonObject): boolean {
  const kind = kindOf(config);
  return kind !== null && OF_KIND[kind].every((name) => {
    const value = config[name];
    return value !== undefined && value !== "" && (!Array.isArray(value) || (value.length > 0 && !value.includes("")));
  });
}
