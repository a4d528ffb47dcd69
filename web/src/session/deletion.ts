/** Whether deleting an automation is asked about first, and what goes with it. */

import { bulkTexts } from "@/texts/bulk";
import { automationsTexts } from "@/texts/automations";

import type { State } from "./automationState";

const texts = automationsTexts.deletion;

export interface Belongings {
  readonly state: State;
  readonly runs: number;
  /** `runs` is as many as were counted, and there are more. */
  readonly isMore: boolean;
  readonly open: number;
  /** Of those that are open: they wait for a time, a reply, a decision. */
  readonly waiting: number;
}

/** What nobody would miss is taken back within seconds instead. */
export function isAskedAbout({ state, runs }: Belongings): boolean {
  return state === "live" || runs > 0;
}

export function whatGoes(belongings: Belongings): string {
  const { state, runs, isMore, open, waiting } = belongings;
  return [
    state === "live" ? texts.live : null,
    runs > 0 ? texts.runs(bulkTexts.runs(runs, isMore), runs === 1) : null,
    open > 0 ? texts.open(open, waiting === open) : null,
    texts.final,
    state === "live" ? texts.instead : null,
  ]
    .filter((words) => words !== null)
    .join(" ");
}

export function whatWent(name: string, { runs, isMore, open }: Belongings): string {
  const gone = texts.done(name, runs === 0 ? null : bulkTexts.runs(runs, isMore));
  return open === 0 ? gone : `${gone} ${texts.ended(open)}`;
}
