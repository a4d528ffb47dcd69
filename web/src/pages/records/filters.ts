/** Which records are asked for; it stands in the address. */

export interface Filters {
  readonly search: string;
  /** Of leads. */
  readonly stage: string | null;
  /** Of conversations. */
  readonly status: string | null;
}

export const NO_FILTERS: Filters = { search: "", stage: null, status: null };
/** What the server takes. */
const LONGEST = 200;

export function readFilters(parameters: URLSearchParams): Filters {
  const read = (name: string) => (parameters.get(name) ?? "").slice(0, LONGEST);
  return { search: read("search"), stage: read("stage") || null, status: read("status") || null };
}

export function writeFilters(filters: Filters): URLSearchParams {
  const asked = askedFor(filters);
  // As it was typed: a space at the end is the beginning of a second word.
  return new URLSearchParams(Object.entries("search" in asked ? { ...asked, search: filters.search } : asked));
}

export function isFiltered(filters: Filters): boolean {
  return writeFilters(filters).size > 0;
}

export function askedFor({ search, stage, status }: Filters): { search?: string; stage?: string; status?: string } {
  return {
    ...(search.trim() === "" ? {} : { search: search.trim() }),
    ...(stage === null ? {} : { stage }),
    ...(status === null ? {} : { status }),
  };
}

/** The words that stand in a column, each once, and the chosen one in any case. */
export function wordsOf(values: readonly (string | null | undefined)[], chosen: string | null): string[] {
  const words = [...values, chosen].filter((one) => typeof one === "string").filter((one) => one !== "");
  return [...new Set(words)].sort((left, right) => left.localeCompare(right));
}
