/** Questions about controls. */

import type { Control } from "./formFields";

type ListControl = Extract<Control, { kind: "list" }>;
type GroupControl = Extract<Control, { kind: "group" }>;
type VariantsControl = Extract<Control, { kind: "variants" }>;

/** An amount and its unit. */
export function isSpan(control: GroupControl): boolean {
  return control.fields.length === 2 && control.fields[0]?.name === "amount" && control.fields[1]?.name === "unit";
}

/** A plain value of one of several kinds: nothing says which it is but itself. */
export function isLoose(control: VariantsControl): boolean {
  return control.variants.every(({ tag, control: inner }) => tag === null && ["text", "number", "switch", "list", "json"].includes(inner.kind));
}

/** Texts or figures, which fit into one line. */
export function isScalarList({ item }: ListControl): boolean {
  return item.kind === "text" || item.kind === "number" || (item.kind === "variants" && item.variants.every(({ control }) => control.kind === "text" || control.kind === "number"));
}
