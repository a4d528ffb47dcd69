import { expect, it } from "vitest";

import { indented } from "./codeText";

it("indents at the cursor, or all lines", () => {
  expect(indented("ab", 1, 1, false)).toEqual({ text: "a    b", start: 5, end: 5 });
  expect(indented("a\nb\nc", 0, 3, false)).toEqual({ text: "    a\n    b\nc", start: 4, end: 11 });
  expect(indented("x\n    a\n  b", 6, 11, true)).toEqual({ text: "x\na\nb", start: 2, end: 5 });
});
