import { isSpan } from "./controlKinds";
import type { Control, Field } from "./formFields";
import type { FieldPath } from "./formValues";

/** The field at a path of a config; of a part that has no field of its own, the one that it is in. */
export function fieldAt(fields: readonly Field[], path: FieldPath): Field | null {
  const [name, ...rest] = path;
  const field = fields.find((one) => one.name === name);
  if (field === undefined) return null;
  return fieldAt(fieldsIn(field.control), rest) ?? (rest.length > 1 ? fieldAt(fieldsIn(field.control), rest.slice(1)) : null) ?? field;
}

/** Of a list or of pairs, those of one item: its number or name is the next part of the path. */
function fieldsIn(control: Control): readonly Field[] {
  switch (control.kind) {
    case "group":
      // A length of time is one field to whoever fills it in.
      return isSpan(control) ? [] : control.fields;
    case "list":
      return fieldsIn(control.item);
    case "pairs":
      return fieldsIn(control.value);
    case "variants":
      return control.variants.flatMap((variant) => fieldsIn(variant.control));
    default:
      return [];
  }
}
