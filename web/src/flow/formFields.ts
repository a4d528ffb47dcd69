/** The config of a step as a form: what its JSON Schema says, in the few shapes that a form has. */

import { isObject, type Json, type JsonObject } from "./drawing";
import type { FigureRule } from "./figures";
import { inOrder } from "./schemaOrder";

export type Control =
  | { readonly kind: "text"; readonly pattern: string | null; readonly most: number | null; readonly format: string | null }
  | ({ readonly kind: "number" } & FigureRule)
  | { readonly kind: "switch" }
  | { readonly kind: "choice"; readonly values: readonly Json[] }
  | { readonly kind: "list"; readonly item: Control; readonly most: number | null }
  | { readonly kind: "group"; readonly fields: readonly Field[] }
  | { readonly kind: "pairs"; readonly value: Control }
  | { readonly kind: "variants"; readonly variants: readonly Variant[] }
  | { readonly kind: "json" };

/** One of several forms of a value; `tag`: the field that says which, and what it says. */
export interface Variant {
  readonly title: string;
  readonly tag: readonly [field: string, value: Json] | null;
  readonly control: Control;
}

export interface Field {
  readonly name: string;
  readonly title: string;
  readonly description: string | null;
  readonly isRequired: boolean;
  /** What holds where nothing is filled in; undefined: nothing does. */
  readonly standard: Json | undefined;
  readonly examples: readonly Json[];
  /** It is filled in from a template: `{{ … }}` may stand in it. */
  readonly isTemplate: boolean;
  /** It may hold `{{ secrets.NAME }}`. */
  readonly isSecret: boolean;
  /** How it is asked for, where that does not follow from its shape: `table`, `condition`, `timezone` … */
  readonly widget: string | null;
  readonly control: Control;
}

const JSON_CONTROL: Control = { kind: "json" };
// A schema may refer to itself; nobody fills in forms that deep.
const DEEPEST = 6;

/** `templates`: false of a trigger, which is read before there is a run. */
export function fieldsOf(schema: unknown, templates = true): Field[] {
  if (!isObject(schema)) return [];
  return groupFields(schema, definitionsOf(schema), { isTemplate: templates, isSecret: false }, 0);
}

/** What holds for all that is inside of a field, too. */
type Inherited = Pick<Field, "isTemplate" | "isSecret">;

function groupFields(schema: JsonObject, definitions: JsonObject, around: Inherited, depth: number): Field[] {
  const { properties, required } = schema;
  if (!isObject(properties)) return [];
  const needed = new Set(Array.isArray(required) ? required : []);
  return inOrder(schema, properties).flatMap(([name, given]) => {
    if (!isObject(given)) return [];
    const part = resolved(given, definitions);
    // A secret may stand where nothing else is filled in, as in a trigger.
    const inherited = {
      isTemplate: around.isTemplate && part["template"] !== false,
      isSecret: around.isSecret || part["secrets"] === true,
    };
    return [
      {
        name,
        title: textIn(part, "title") ?? name,
        description: textIn(part, "description"),
        isRequired: needed.has(name),
        standard: part["default"],
        examples: Array.isArray(part["examples"]) ? part["examples"] : [],
        ...inherited,
        widget: textIn(part, "widget"),
        control: controlOf(part, definitions, inherited, depth),
      },
    ];
  });
}

function controlOf(given: JsonObject, definitions: JsonObject, around: Inherited, depth: number): Control {
  if (depth >= DEEPEST) return JSON_CONTROL;
  const schema = resolved(given, definitions);
  const options = variantsIn(schema);
  if (options !== null) return unionOf(options, definitions, around, depth);
  if (Array.isArray(schema["enum"])) return { kind: "choice", values: schema["enum"] };
  if (schema["const"] !== undefined) return { kind: "choice", values: [schema["const"]] };
  switch (schema["type"]) {
    case "string":
      return { kind: "text", pattern: textIn(schema, "pattern"), most: numberIn(schema, "maxLength"), format: textIn(schema, "format") };
    case "integer":
    case "number":
      return {
        kind: "number",
        isInteger: schema["type"] === "integer",
        least: numberIn(schema, "minimum"),
        above: numberIn(schema, "exclusiveMinimum"),
        most: numberIn(schema, "maximum"),
      };
    case "boolean":
      return { kind: "switch" };
    case "array": {
      const item = isObject(schema["items"]) ? controlOf(schema["items"], definitions, around, depth + 1) : JSON_CONTROL;
      return { kind: "list", item, most: numberIn(schema, "maxItems") };
    }
    case "object":
      return objectOf(schema, definitions, around, depth);
    default:
      return JSON_CONTROL;
  }
}

function objectOf(schema: JsonObject, definitions: JsonObject, around: Inherited, depth: number): Control {
  const fields = groupFields(schema, definitions, around, depth + 1);
  if (fields.length > 0) return { kind: "group", fields };
  // Names may have a pattern; what they hold has one form either way.
  const [patterned] = isObject(schema["patternProperties"]) ? Object.values(schema["patternProperties"]) : [];
  const value = patterned ?? schema["additionalProperties"];
  return isObject(value) ? { kind: "pairs", value: controlOf(value, definitions, around, depth + 1) } : JSON_CONTROL;
}

/** Null is no variant: it is what is left empty. */
function variantsIn(schema: JsonObject): JsonObject[] | null {
  const options = schema["oneOf"] ?? schema["anyOf"];
  return Array.isArray(options) ? options.filter(isObject).filter((option) => option["type"] !== "null") : null;
}

function unionOf(options: readonly JsonObject[], definitions: JsonObject, around: Inherited, depth: number): Control {
  const [only, ...more] = options;
  if (only === undefined) return JSON_CONTROL;
  if (more.length === 0) return controlOf(only, definitions, around, depth);
  const variants = options.map((option): Variant => {
    const part = resolved(option, definitions);
    const tag = tagOf(part, definitions);
    return { title: variantTitle(part, tag), tag, control: controlOf(part, definitions, around, depth + 1) };
  });
  const controls = variants.map((variant) => variant.control);
  // `Literal[False] | None | Literal["a"]`: values, and nothing to fill in.
  if (controls.every((control) => control.kind === "choice")) return { kind: "choice", values: controls.flatMap((control) => control.values) };
  return { kind: "variants", variants };
}

function variantTitle(part: JsonObject, tag: Variant["tag"]): string {
  if (tag === null) return textIn(part, "title") ?? textIn(part, "type") ?? "";
  return typeof tag[1] === "string" ? tag[1] : JSON.stringify(tag[1]);
}

/** The field whose value is fixed says which variant it is. */
function tagOf(schema: JsonObject, definitions: JsonObject): Variant["tag"] {
  if (!isObject(schema["properties"])) return null;
  for (const [name, given] of Object.entries(schema["properties"])) {
    const value = isObject(given) ? resolved(given, definitions)["const"] : undefined;
    if (value !== undefined) return [name, value];
  }
  return null;
}

/** What stands beside a reference is said of this use of it, and wins. */
function resolved(schema: JsonObject, definitions: JsonObject): JsonObject {
  const reference = textIn(schema, "$ref");
  if (reference === null) return schema;
  const target = definitions[reference.replace(/^#\/\$defs\//, "")];
  return isObject(target) ? { ...target, ...schema } : schema;
}

function definitionsOf(schema: JsonObject): JsonObject {
  return isObject(schema["$defs"]) ? schema["$defs"] : {};
}

function textIn(schema: JsonObject, key: string): string | null {
  const value = schema[key];
  return typeof value === "string" ? value : null;
}

function numberIn(schema: JsonObject, key: string): number | null {
  const value = schema[key];
  return typeof value === "number" ? value : null;
}
