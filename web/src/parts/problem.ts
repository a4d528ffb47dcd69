/** What an error says to a person. */

import { ApiError } from "@/lib/api";
import { partsTexts } from "@/texts/parts";

export interface Told {
  readonly title: string;
  readonly text: string;
}

/** Said by the page itself: what stands in the way, and what to do next. */
export class Obstacle extends Error {
  constructor(readonly told: Told) {
    super(told.title);
    this.name = "Obstacle";
  }
}

export function told(error: unknown): Told {
  if (error instanceof Obstacle) return error.told;
  if (error instanceof ApiError) {
    const problems = (error.problem.problems ?? []).map((one) => one.message);
    return { title: sentence(error.message), text: [error.hint, ...problems.map(sentence)].join(" ") };
  }
  // What `fetch` throws has nothing to say.
  if (error instanceof TypeError) return { title: partsTexts.problem.offline, text: partsTexts.problem.offlineHint };
  return { title: partsTexts.problem.title, text: error instanceof Error ? error.message : String(error) };
}

export function sentence(text: string): string {
  const begun = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** What is typed stands between backticks; where nothing but letters fits, they are left out. */
export function inLetters(text: string): string {
  return text.replaceAll("`", "");
}
