import { HOURS } from "@/parts/time";

/** "Mon, 30 Nov 2026, 09:00", as the clocks of the zone have it. */
export function inZone(time: string, zone: string): string {
  const shape = { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit", hourCycle: HOURS } as const;
  return new Intl.DateTimeFormat("en-GB", { ...shape, timeZone: zone }).format(new Date(time));
}

/** "Mon 09:00". */
export function clockIn(time: string, zone: string): string {
  return new Intl.DateTimeFormat("en-GB", { weekday: "short", hour: "2-digit", minute: "2-digit", hourCycle: HOURS, timeZone: zone }).format(new Date(time));
}
