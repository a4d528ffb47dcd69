import { create } from "zustand";

import { leftKey } from "./problems";

/** Which fields somebody has been at, of one automation; a field that nobody has come to is no mistake yet. */
interface Left {
  readonly automation: string;
  readonly fields: ReadonlySet<string>;
  /** Somebody wants to publish: now all of it counts. */
  readonly isAsked: boolean;
  /** Where somebody is in the middle of a word. */
  readonly unfinished: ReadonlySet<string>;
  readonly leave: (automation: string, node: string, paths: readonly string[]) => void;
  readonly ask: (automation: string) => void;
  readonly type: (node: string, paths: readonly string[]) => void;
}

const NOTHING: ReadonlySet<string> = new Set();

export const useLeft = create<Left>()((set) => ({
  automation: "",
  fields: NOTHING,
  isAsked: false,
  unfinished: NOTHING,
  leave: (automation, node, paths) =>
    set((now) => {
      const known = now.automation === automation ? now : { fields: NOTHING, isAsked: false };
      return { automation, isAsked: known.isAsked, fields: new Set([...known.fields, ...paths.map((path) => leftKey(node, path))]) };
    }),
  ask: (automation) => set((now) => ({ automation, isAsked: true, fields: now.automation === automation ? now.fields : NOTHING })),
  type: (node, paths) => set((now) => (paths.length === 0 && now.unfinished.size === 0 ? now : { unfinished: new Set(paths.map((path) => leftKey(node, path))) })),
}));
