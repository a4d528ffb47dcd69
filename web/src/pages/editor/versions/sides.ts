/** What is compared with what, in the address: `versions/7?with=5`; each side is the number of a version or the draft. */

export type Side = number | "draft";

export interface Compared {
  readonly side: Side;
  /** Null: with nothing, as there is none before. */
  readonly base: Side | null;
}

export function readSide(text: string | null | undefined): Side | null {
  if (text === "draft") return "draft";
  return /^[1-9]\d{0,8}$/.test(text ?? "") ? Number(text) : null;
}

/** What one comes for: changes that are not published, else what is. */
export function usualSide(published: number | null, draftIsPublished: boolean): Side {
  return published === null || !draftIsPublished ? "draft" : published;
}

/** A draft is a change of what is published, a version of the one before it. */
export function usualBase(side: Side, published: number | null): Side | null {
  if (side === "draft") return published;
  return side > 1 ? side - 1 : null;
}

export function comparedIn(name: string, parameters: URLSearchParams, published: number | null, draftIsPublished: boolean): Compared {
  const side = readSide(name) ?? usualSide(published, draftIsPublished);
  const chosen = readSide(parameters.get("with"));
  return { side, base: chosen === null || chosen === side ? usualBase(side, published) : chosen };
}

export function addressOf(automation: string, side: Side, base?: Side): string {
  return `/automations/${automation}/versions/${side}${base === undefined ? "" : `?with=${base}`}`;
}
