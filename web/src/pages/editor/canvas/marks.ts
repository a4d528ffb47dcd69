/** What is said of steps and lines on top of the drawing: how a run went there, what differs, what is wrong. */

import type { Change } from "@/flow/diff";

/** `idle`: a run did not come there. */
export type Tone = "ok" | "failed" | "running" | "waiting" | "idle" | Exclude<Change, "same">;

export interface NodeMark {
  readonly tone: Tone;
  /** Beside the icon of the tone: how long it took, "tried 2 times". */
  readonly text?: string;
}

export interface EdgeMark {
  readonly tone: Tone;
  readonly text?: string;
}

export interface Marks {
  readonly nodes: ReadonlyMap<string, NodeMark>;
  readonly edges: ReadonlyMap<string, EdgeMark>;
  /** By step, how many mistakes of its config, and what is still to be filled in; also of those that have no mark. */
  readonly problems?: ReadonlyMap<string, { readonly problems: number; readonly open: number }>;
}

export const NO_MARKS: Marks = { nodes: new Map(), edges: new Map() };
