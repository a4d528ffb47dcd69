/** What has happened, to those who do not see it. */

import { create } from "zustand";

interface Said {
  readonly text: string;
  readonly count: number;
}

export const useSaid = create<Said>()(() => ({ text: "", count: 0 }));

export function say(text: string): void {
  useSaid.setState(({ count }) => ({ text, count: count + 1 }));
}
