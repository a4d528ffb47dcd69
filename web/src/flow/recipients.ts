/** Whom a mail goes to: addresses, and people by their id. */

import { listOf } from "./formValues";
import type { Json } from "./drawing";
import { sampleText } from "./templateText";
import type { Source, Variable } from "./variables";
import { flowTexts } from "@/texts/flow";

const words = flowTexts.recipients;
const ID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/gi;

export interface Addressee {
  readonly name: string | null;
  readonly email: string | null;
}

export type Addressees = ReadonlyMap<string, Addressee>;

export interface Offer {
  readonly value: string;
  readonly label: string;
  readonly note: string;
}

/** Who looks after the record and whose it is, then everybody of the account who has an address. */
export function recipientOffers(sources: readonly Source[], known: Addressees): Offer[] {
  const of = (name: string, label: (place: string | null) => string) =>
    called(sources, name).map(({ path, sample }): Offer => ({ value: `{{ ${path} }}`, label: label(placeOf(path)), note: sample === null ? "" : recipientsInWords(sampleText(sample), known) }));
  const people = [...known.values()].flatMap(({ name, email }) => (email === null ? [] : [{ value: email, label: name ?? email, note: name === null ? "" : email }]));
  return [...of("owner_id", words.owner), ...of("email", words.address), ...people];
}

/** With one more: behind what stands there, unless it does so already. */
export function withRecipient(value: Json | undefined, one: string): Json {
  if (Array.isArray(value)) return value.includes(one) ? value : [...listOf(value).filter((item) => item !== ""), one];
  const text = typeof value === "string" ? value.trim().replace(/,$/, "") : "";
  if (text.split(",").some((part) => part.trim() === one)) return text;
  return text === "" ? one : `${text}, ${one}`;
}

/** What a sample comes to, with people by name: nobody knows an id by heart. */
export function recipientsInWords(text: string, known: Addressees): string {
  // What comes out empty is left out, of a list, too.
  const parts = text.split(",").map((part) => part.trim()).filter((part) => part !== "" && part !== flowTexts.variables.nothing);
  if (parts.length === 0) return words.nobody;
  return parts.join(", ").replace(ID, (id) => {
    const person = known.get(id.toLowerCase());
    if (person === undefined || person.email === null) return words.unknown(person?.name ?? id.slice(0, 8));
    return person.name === null ? person.email : `${person.name} (${person.email})`;
  });
}

/** The ones that steps can reach at a glance: rows of triggers and steps, not what is nested in their data. */
function called(sources: readonly Source[], name: string): Variable[] {
  const rows = sources.flatMap(({ variables }) => [...variables, ...variables.filter((one) => one.name !== "old" && one.name !== "previous").flatMap(({ children }) => children)]);
  return rows.filter((one) => one.name === name && one.only === undefined);
}

/** `steps.find.first.email` is of `find.first`; null: of the lead that the run is about. */
function placeOf(path: string): string | null {
  if (/^trigger\.(new|lead)\./.test(path)) return null;
  return path.split(".").slice(0, -1).filter((part) => part !== "steps" && part !== "trigger").join(".");
}
