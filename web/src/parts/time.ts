/** Times and spans in words. */

import { partsTexts } from "@/texts/parts";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const STEPS: readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["week", 604_800],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** Twelve hours or twenty-four, as whoever looks is used to. */
export const HOURS = new Intl.DateTimeFormat(undefined, { hour: "numeric" }).resolvedOptions().hourCycle ?? "h23";

export function ago(time: Date, now: Date): string {
  const seconds = Math.round((time.getTime() - now.getTime()) / 1_000);
  if (Math.abs(seconds) < 45) return partsTexts.ago.now;
  const [unit, length] = STEPS.find(([, step]) => Math.abs(seconds) >= step) ?? ["minute", 60];
  return relative.format(Math.round(seconds / length), unit);
}

export function duration(milliseconds: number): string {
  const words = partsTexts.duration;
  if (milliseconds < 1) return words.none;
  if (milliseconds < 1_000) return words.milliseconds(Math.round(milliseconds));
  const seconds = milliseconds / 1_000;
  if (seconds < 60) return words.seconds(seconds < 10 ? seconds.toFixed(1) : String(Math.round(seconds)));
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return words.minutes(minutes, Math.floor(seconds % 60));
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? words.hours(hours, minutes % 60) : words.days(Math.floor(hours / 24), hours % 24);
}

export function fullTime(time: Date): string {
  return time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "medium" });
}

/** Without its seconds. */
export function shortTime(time: Date): string {
  return time.toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}
