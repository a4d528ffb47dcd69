import { expect, it } from "vitest";

import type { JsonObject } from "./drawing";
import { wayInWords } from "./wayWords";

it("calls a way by what the step does", () => {
  const said = (type: string, handle: string, config: JsonObject = {}) => wayInWords({ type, config }, handle);
  expect(["met", "timed_out"].map((handle) => said("logic-wait", handle, { wait_for: "reply" }))).toEqual(["They replied", "No reply in time"]);
  expect(["met", "timed_out"].map((handle) => said("logic-wait", handle, { wait_for: "{{ vars.what }}" }))).toEqual(["It happened", "Not in time"]);
  expect(["approved", "timed_out", "error"].map((handle) => said("logic-approval", handle))).toEqual(["Approved", "No answer in time", "error"]);
  expect([said("logic-switch", "high_value"), said("logic-condition", "true")]).toEqual(["high value", "true"]);
});
