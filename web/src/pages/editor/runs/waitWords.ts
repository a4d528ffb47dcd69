/** What a step waits for, in words. */

import type { Awaited } from "@/flow/runRecord";
import { HOURS } from "@/parts/time";
import { editorRunsTexts } from "@/texts/editor-runs";

const { waits, marks } = editorRunsTexts;

/** `for a reply`; null: for nothing but time. */
export function signalInWords(signal: string | null): string | null {
  const [kind = "", rest = ""] = signal === null ? [] : [signal.split(":")[0], signal.slice(signal.indexOf(":") + 1)];
  switch (kind) {
    case "":
      return null;
    case "reply":
      return waits.reply;
    case "run":
      return waits.run;
    case "approval":
      return waits.approval;
    case "signal":
      return waits.signal(signalName(signal) ?? rest);
    default:
      return waits.change;
  }
}

/** Of a wait for a signal that is sent to this run: `paid` of `signal:paid@<run>`. Others wait by a value that nobody here knows. */
export function signalName(signal: string | null): string | null {
  return /^signal:([A-Za-z0-9_.-]{1,64})/.exec(signal ?? "")?.[1] ?? null;
}

/** Where it is decided; null: it waits for something else. */
export function approvalPath(signal: string | null): string | null {
  const id = /^approval:(.+)$/.exec(signal ?? "")?.[1];
  return id === undefined ? null : `/approvals?approval=${id}`;
}

/** Today's times without their date, those of this year without it. */
export function momentInWords(time: number, now: Date): string {
  const date = new Date(time);
  const clock = { hour: "2-digit", minute: "2-digit", hourCycle: HOURS } as const;
  if (date.toDateString() === now.toDateString()) return date.toLocaleString("en-GB", clock);
  const year = date.getFullYear() === now.getFullYear() ? {} : ({ year: "numeric" } as const);
  return date.toLocaleString("en-GB", { day: "numeric", month: "short", ...year, ...clock });
}

export function awaitedInWords({ until, signal }: Awaited, isRetry: boolean, now: Date): string | null {
  if (isRetry) return until === null ? null : marks.retry(momentInWords(until, now));
  const words = [signalInWords(signal), until === null ? null : marks.until(momentInWords(until, now))].filter((word) => word !== null);
  return words.length === 0 ? null : words.join(", ");
}
