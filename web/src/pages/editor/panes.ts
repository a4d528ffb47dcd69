/** What runs and versions look like has one sheet; each has its own beside it. */

import panes from "./panes.module.css";

type Sheet = Readonly<Record<string, string>>;

/** Not by `composes`: that writes all of the sheet into each that uses it, and the tools that build it complain. */
export function withPanes(own: Sheet): Sheet {
  return joined(panes, own);
}

export function joined(...sheets: readonly Sheet[]): Sheet {
  const names = new Set(sheets.flatMap((sheet) => Object.keys(sheet)));
  return Object.fromEntries([...names].map((name) => [name, sheets.flatMap((sheet) => sheet[name] ?? []).join(" ")]));
}
