/** The order of the fields of a form. The database keeps that of lists, not that of the keys of an object. */

import type { Json, JsonObject } from "./drawing";

export const ORDER = "x-order";

/** Those that the order does not name come last. */
export function inOrder(schema: JsonObject, properties: JsonObject): [name: string, schema: Json][] {
  const names = Array.isArray(schema[ORDER]) ? schema[ORDER] : [];
  const placeOf = (name: string) => (names.includes(name) ? names.indexOf(name) : names.length);
  return Object.entries(properties).sort(([left], [right]) => placeOf(left) - placeOf(right));
}
