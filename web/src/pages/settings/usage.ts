/** What language models were used for, as figures. */

import type { components } from "@/lib/api-types";

type AiUsage = components["schemas"]["AiUsage"];

interface Day {
  /** As in 2026-11-27. */
  readonly day: string;
  readonly tokens: number;
  /** Of the fullest day; 0 to 1. */
  readonly share: number;
}

export interface Figures {
  readonly today: number;
  readonly reserved: number;
  readonly limit: number | null;
  /** Of the limit, with what is set aside; 0 to 100. Null: there is none. */
  readonly percent: number | null;
  readonly month: { readonly tokens: number; readonly calls: number };
  /** The oldest first, also those without any. */
  readonly days: readonly Day[];
  readonly most: number;
}

/** As many as the longest month has: this one is among them whole. */
export const DAYS = 31;
const DAY = 86_400_000;

export function figuresOf(usage: AiUsage, now: Date): Figures {
  const found = new Map(usage.items.map((one) => [one.day, one]));
  const tokensOn = (day: string) => (found.get(day)?.input_tokens ?? 0) + (found.get(day)?.output_tokens ?? 0);
  const names = Array.from({ length: DAYS }, (_, ago) => dayOf(now.getTime() - (DAYS - 1 - ago) * DAY));
  const most = Math.max(...names.map(tokensOn));
  const today = dayOf(now.getTime());
  const month = names.filter((day) => day.slice(0, 7) === today.slice(0, 7));
  const reserved = found.get(today)?.reserved ?? 0;
  const limit = usage.tokens_per_day;
  return {
    today: tokensOn(today),
    reserved,
    limit,
    percent: limit === null ? null : limit === 0 ? 100 : Math.min(100, ((tokensOn(today) + reserved) / limit) * 100),
    month: {
      tokens: month.reduce((sum, day) => sum + tokensOn(day), 0),
      calls: month.reduce((sum, day) => sum + (found.get(day)?.calls ?? 0), 0),
    },
    days: names.map((day) => ({ day, tokens: tokensOn(day), share: most === 0 ? 0 : tokensOn(day) / most })),
    most,
  };
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
