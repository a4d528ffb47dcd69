/** Which of the values that are known somebody means who types, the best first. */

type Item = { readonly label: string } | { readonly items: readonly { readonly label: string }[] };

/** Groups stay together; the one with the best comes first. */
export function offeredFor<T extends Item>(all: readonly T[], typed: string): T[] {
  const wanted = typed.trim().toLowerCase();
  const ranked = all.flatMap((one) => {
    if (!("items" in one)) return [{ one, rank: rankOf(one.label, wanted) }];
    const items = offeredFor(one.items, typed);
    return [{ one: { ...one, items }, rank: rankOf(items[0]?.label ?? null, wanted) }];
  });
  return ranked
    .filter(({ rank }) => rank < NONE)
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}

const NONE = 4;

function rankOf(label: string | null, wanted: string): number {
  const name = label?.toLowerCase() ?? "";
  if (label === null || !name.includes(wanted)) return NONE;
  if (name === wanted) return 0;
  if (name.startsWith(wanted)) return 1;
  return name.split(/[^a-z0-9]+/).some((part) => part.startsWith(wanted)) ? 2 : 3;
}
