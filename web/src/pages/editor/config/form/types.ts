import type { Json } from "@/flow/drawing";
import type { Control, Field } from "@/flow/formFields";
import type { FieldPath } from "@/flow/formValues";

/** What each control of a form is given. `undefined`: nothing is set, and the key goes. */
export interface ControlProps<C extends Control = Control> {
  readonly field: Field;
  readonly control: C;
  readonly path: FieldPath;
  readonly value: Json | undefined;
  /** What an amount counts, where that stands in the field beside it. */
  readonly unit?: string | undefined;
  readonly onChange: (value: Json | undefined) => void;
}

export type Controlled<Kind extends Control["kind"]> = ControlProps<Extract<Control, { kind: Kind }>>;
