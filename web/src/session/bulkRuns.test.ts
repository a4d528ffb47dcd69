import { describe, expect, it } from "vitest";

import { added, fitting, piecesOf } from "./bulkRuns";

describe("many runs", () => {
  const run = (id: string, status: string, test_mode = false) => ({ id, status, test_mode });

  it("are those that it can be done to", () => {
    const runs = [run("a", "failed"), run("b", "running"), run("c", "completed", true), run("d", "pending")];
    expect([fitting(runs, "retry"), fitting(runs, "cancel")]).toEqual([["a"], ["b", "d"]]);
  });

  it("are done in pieces and counted", () => {
    expect(piecesOf(Array.from({ length: 250 }, (_, index) => index)).map((piece) => piece.length)).toEqual([100, 100, 50]);
    const items = [{ error: null }, { error: { detail: "gone" } }, { error: { detail: "late" } }];
    expect(added({ done: 2, refused: 0, why: null }, { items })).toEqual({ done: 3, refused: 2, why: "gone" });
  });
});
