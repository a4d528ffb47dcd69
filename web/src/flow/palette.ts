/** The steps that can be added, as a palette shows them. */

import { paletteWords } from "@/texts/palette";

import type { Catalogue, NodeType } from "./catalogue";

export const GROUPS = ["trigger", "logic", "action", "transform"] as const;

export interface PaletteGroup {
  readonly group: string;
  readonly types: readonly NodeType[];
}

/** Every word has to be found; the best match comes first, with its group. Groups without a match are left out. */
export function palette(catalogue: Catalogue, search: string, { triggers }: { triggers: boolean }): PaletteGroup[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = [...catalogue.values()].filter((type) => type.trigger === triggers && words.every((word) => textOf(type).includes(word) || otherWord(type, word) >= 0));
  const ranks = new Map(found.map((type) => [type, words.reduce((sum, word) => sum + rank(type, word), 0)]));
  const rankOf = (type: NodeType | undefined) => (type === undefined ? 0 : (ranks.get(type) ?? 0));
  const groups = new Set([...GROUPS, ...found.map((type) => type.group)]);
  return [...groups]
    .flatMap((group) => {
      const types = found.filter((type) => type.group === group).sort((a, b) => rankOf(a) - rankOf(b) || a.title.localeCompare(b.title));
      return types.length === 0 ? [] : [{ group, types }];
    })
    .sort((a, b) => rankOf(a.types[0]) - rankOf(b.types[0]));
}

// Of other words the first say most: what somebody looks for in a mail comes there, and last where it is only touched.
const WORDS = 100;

/** Its title, then what it is looked for by, then what it does. */
function rank(type: NodeType, word: string): number {
  const title = type.title.toLowerCase();
  if (title.startsWith(word)) return 0;
  if (title.includes(word)) return 1;
  const other = otherWord(type, word);
  if (other >= 0) return 2 + other / WORDS;
  return type.description.toLowerCase().includes(word) ? 3 : 4;
}

/** Another word for what it does, from its beginning on: `if` is no part of `notify`. */
function otherWord({ type }: NodeType, word: string): number {
  return paletteWords[type]?.split(" ").findIndex((one) => one.startsWith(word)) ?? -1;
}

function textOf({ title, description, type, group }: NodeType): string {
  return `${title} ${description} ${type} ${group}`.toLowerCase();
}
