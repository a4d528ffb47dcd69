import type { JsonObject } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";

/** Fields that are read together, and their second. */
const BESIDE: Readonly<Record<string, string>> = {
  amount: "unit",
  offset: "offset_unit",
  starts_at: "ends_at",
  limit: "period",
  starts: "minutes",
  seconds: "at_most_seconds",
  item_name: "index_name",
};

/** What an amount counts: as it is chosen in the field that belongs beside it, else as that is left. */
export function unitOf(amount: Field, fields: readonly Field[], value: JsonObject): string | undefined {
  const unit = fields.find(({ name }) => name === BESIDE[amount.name]);
  if (amount.control.kind !== "number" || unit?.control.kind !== "choice") return undefined;
  const chosen = value[unit.name] ?? unit.standard;
  return typeof chosen === "string" ? chosen : undefined;
}

export function inRows(fields: readonly Field[]): Field[][] {
  const rows: Field[][] = [];
  for (const field of fields) {
    const last = rows.at(-1);
    const before = last?.at(-1);
    if (last?.length === 1 && before !== undefined && BESIDE[before.name] === field.name) last.push(field);
    else rows.push([field]);
  }
  return rows;
}
