import { expect, it } from "vitest";

import type { Named } from "@/session/automationNames";

import { startableOn } from "./startable";

const automation = (id: string, given: Partial<Named>) =>
  ({ id, name: id, enabled: true, status: "active", trigger_type: "manual", trigger_config: { record: "lead" }, ...given }) as Named;

it("are those that are live, started by hand, and run on such a record", () => {
  const all = [
    automation("yes", {}),
    automation("off", { enabled: false }),
    automation("draft", { status: "draft" }),
    automation("other", { trigger_config: { record: "conversation" } }),
    automation("none", { trigger_config: {} }),
    automation("event", { trigger_type: "event" }),
  ];
  expect(startableOn("lead", all).map(({ id }) => id)).toEqual(["yes"]);
  expect(startableOn("conversation", all).map(({ id }) => id)).toEqual(["other"]);
});
