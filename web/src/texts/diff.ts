/** What differs between two drawings, in words. */

const humanised = (name: string) => {
  const text = name.replace(/_/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};

const LONGEST = 160;
const shown = (text: string | null) => (text === null ? "not set" : `“${text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text}”`);

export const diffTexts = {
  name: "Name",
  type: "Type of step",
  disabled: "Switched off",
  pinned: "Result in tests",
  field: humanised,
  item: (number: number) => String(number),
  /** From the field to what is in it. */
  inside: (parts: readonly string[]) => parts.join(" › "),
  yes: "Yes",
  no: "No",
  empty: "Empty",
  line: (from: string, way: string | null, to: string) => (way === null ? `${from} → ${to}` : `${from} (${way}) → ${to}`),
  /** A field that was another one; null: it was not there. */
  values: (name: string, before: string | null, after: string | null) => `${name}: ${shown(before)} → ${shown(after)}`,
  steps: {
    added: (count: number) => `${count} new ${count === 1 ? "step" : "steps"}`,
    removed: (count: number) => `${count} ${count === 1 ? "step" : "steps"} removed`,
    changed: (count: number) => `${count} ${count === 1 ? "step" : "steps"} changed`,
  },
  lines: (count: number) => `${count} ${count === 1 ? "line" : "lines"} changed`,
  same: "Nothing differs",
};
