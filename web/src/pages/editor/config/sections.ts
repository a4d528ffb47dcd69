/** Where in the panel a field is. */

import { isLimit } from "@/flow/stepForm";

import type { FieldProblem } from "./ConfigPanel";
import { SETTING_NAMES } from "./settingFields";

export type Section = "setup" | "settings" | "output";

/** A name that a config has, too, is the config's. */
export function sectionOf(path: FieldProblem["path"], config: ReadonlySet<string>, nodeType: string): Section {
  const name = String(path[0] ?? "");
  if (isLimit(nodeType, name)) return "settings";
  if (config.has(name) || !SETTING_NAMES.has(name)) return "setup";
  return name === "pinned" ? "output" : "settings";
}

export function sectionsWithProblems(problems: readonly FieldProblem[], schema: unknown, nodeType: string): ReadonlySet<Section> {
  const names = configNames(schema);
  return new Set(problems.filter((one) => one.path.length > 0 && one.isError).map((one) => sectionOf(one.path, names, nodeType)));
}

export function configNames(schema: unknown): ReadonlySet<string> {
  const properties = (schema as { properties?: object } | undefined)?.properties;
  return new Set(Object.keys(properties ?? {}));
}
