/** The steps that can be added, as a palette shows them. */

import { paletteWords } from "@/texts/palette";

import type { Catalogue, NodeType } from "./catalogue";

export const GROUPS = ["trigger", "logic", "action", "transform"] as const;

export interface PaletteGroup {
  readonly group: string;
  readonly types: readonly NodeType[];
}

/** Every word has to be found; a name that begins with what was typed comes first. Groups without a match are left out. */
export function palette(catalogue: Catalogue, search: string, { triggers }: { triggers: boolean }): PaletteGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...catalogue.values()].filter((type) => type.trigger === triggers && words.every((word) => textOf(type).includes(word) || isAnother(type, word)));
  const groups = new Set([...GROUPS, ...found.map((type) => type.group)]);
  return [...groups].flatMap((group) => {
    const types = found.filter((type) => type.group === group).sort((a, b) => rank(a, words) - rank(b, words) || a.title.localeCompare(b.title));
    return types.length === 0 ? [] : [{ group, types }];
  });
}

function rank(type: NodeType, [first = ""]: readonly string[]): number {
  const title = type.title.toLowerCase();
  if (title.startsWith(first)) return 0;
  return title.includes(first) ? 1 : textOf(type).includes(first) ? 2 : 3;
}

/** Another word for what it does, from its beginning on: `if` is no part of `notify`. */
function isAnother({ type }: NodeType, word: string): boolean {
  return paletteWords[type]?.split(" ").some((one) => one.startsWith(word)) ?? false;
}

function textOf({ title, description, type, group }: NodeType): string {
  return `${title} ${description} ${type} ${group}`.toLowerCase();
}
