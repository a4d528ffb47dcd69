import { describe, expect, it } from "vitest";

import { isShown, shownStep } from "./steps";

describe("a step of a run", () => {
  it("is shown with what its record has", () => {
    const record = { node_id: "write", label: "Write", type: "action-http", status: "failed", attempt: 2, duration_ms: 12, error: { message: "no" }, input: {}, output: null };
    expect(shownStep(record, 3)).toEqual({
      ...{ key: "3", name: "Write", type: "action-http", status: "failed", attempt: 2, milliseconds: 12, error: "no" },
      ...{ input: {}, output: null },
    });
    expect(shownStep({ key: "each/1/send", node_id: "send", status: "waiting", error: "late" }, 0)).toMatchObject({
      ...{ key: "each/1/send", name: "send", status: "pending", attempt: 1, error: "late" },
    });
    expect(shownStep(null, 0)).toMatchObject({ name: "", status: "pending" });
  });

  it("shows no empty values", () => {
    expect([null, undefined, {}, [], 0, "", { a: 1 }].map(isShown)).toEqual([false, false, false, false, true, true, true]);
  });
});
