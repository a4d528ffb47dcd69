import { expect, it } from "vitest";

import { joined } from "./panes";

it("gives a name the classes of all sheets that have it", () => {
  expect(joined({ list: "a", item: "b" }, { item: "c", open: "d" })).toEqual({ list: "a", item: "b c", open: "d" });
});
