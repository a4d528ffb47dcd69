import type { Json } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";
import { configTexts as texts } from "@/texts/config";

/** What stands in an empty field: what holds then, else an example. */
export function hintOf({ standard, examples }: Field): string | undefined {
  if (standard !== undefined && standard !== null && standard !== "") return inWords(standard);
  const [example] = examples;
  return example === undefined ? undefined : texts.example(inWords(example));
}

function inWords(value: Json): string {
  if (typeof value === "string") return value;
  return Array.isArray(value) ? value.map(inWords).join(", ") : JSON.stringify(value);
}
