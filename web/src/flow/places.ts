/** Templates have places, `${name}`, where what somebody fills in goes. */

import { isObject, type Json } from "./drawing";

const PLACE = /\$\{([a-z][a-z0-9_]*)\}/g;

/** With values in the places; a text that is a place and nothing else becomes the value. Others stay. */
export function filledIn(value: Json, values: ReadonlyMap<string, Json>): Json {
  if (typeof value === "string") return inText(value, values);
  if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filledIn(item, values)]));
}

function inText(text: string, values: ReadonlyMap<string, Json>): Json {
  const whole = /^\$\{([a-z][a-z0-9_]*)\}$/.exec(text)?.[1];
  const value = whole === undefined ? undefined : values.get(whole);
  if (value !== undefined) return value;
  return text.replace(PLACE, (place, name: string) => {
    const found = values.get(name);
    return found === undefined ? place : typeof found === "string" ? found : JSON.stringify(found);
  });
}
