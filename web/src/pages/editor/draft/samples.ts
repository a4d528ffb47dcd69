/** What steps came to in a test or a run, for this page view: samples for templates, and what cards show. */

import { create } from "zustand";

import type { Json } from "@/flow/drawing";
import type { Outputs } from "@/flow/variables";

interface Samples {
  /** By automation. */
  readonly outputs: ReadonlyMap<string, Outputs>;
  readonly keep: (automation: string, outputs: Outputs) => void;
}

export const useSamples = create<Samples>()((set) => ({
  outputs: new Map(),
  keep: (automation, outputs) => set((now) => ({ outputs: new Map(now.outputs).set(automation, outputs) })),
}));

const NONE: Outputs = new Map<string, Json>();

export function useOutputs(automation: string): Outputs {
  return useSamples((samples) => samples.outputs.get(automation) ?? NONE);
}
