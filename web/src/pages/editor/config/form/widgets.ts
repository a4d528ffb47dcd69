/** How fields are asked for that say so themselves, in their schema or in `flow/stepForm`. */

import type { ComponentType } from "react";

import { CodeField, ItemsField, LongTextField, RawJsonField } from "./special";
import type { ControlProps } from "./types";

export const WIDGETS: Readonly<Record<string, ComponentType<ControlProps> | undefined>> = {
  code: CodeField,
  condition: RawJsonField,
  input_schema: RawJsonField,
  items: ItemsField,
  json: ItemsField,
  textarea: LongTextField,
};
