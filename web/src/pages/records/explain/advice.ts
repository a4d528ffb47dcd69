/** What to do next about a verdict of `GET /explain`, by its outcome and the beginning of its reason. */

import type { components } from "@/lib/api-types";
import { sentence } from "@/parts/problem";
import { recordsTexts } from "@/texts/records";

export type Verdict = components["schemas"]["Verdict"];

const texts = recordsTexts.why.next;

const BY_REASON: readonly (readonly [begins: RegExp, advice: string])[] = [
  [/^it is not enabled/, texts.off],
  [/^it is draft/, texts.draft],
  [/^it is (paused|error)/, texts.stopped],
  [/^it is started/, texts.otherTrigger],
  [/^it listens/, texts.otherRecord],
  [/^it watches/, texts.watch],
  [/^its condition/, texts.condition],
];

/** Null: the reason says it all. */
export function adviceOn({ outcome, reason }: Pick<Verdict, "outcome" | "reason">): string | null {
  if (outcome === "started") return texts.started;
  if (outcome === "held") return /its own run/.test(reason) ? texts.held : null;
  if (outcome === "unknown") return texts.unknown;
  return BY_REASON.find(([begins]) => begins.test(reason))?.[1] ?? null;
}

/** A run is a link beside it, its id is nothing to read. */
export function reasonOf({ reason, run_id: run }: Pick<Verdict, "reason" | "run_id">): string {
  return sentence(run === null ? reason : reason.replace(`run ${run}`, texts.itsRun));
}
