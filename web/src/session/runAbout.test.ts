import { describe, expect, it } from "vitest";

import { aboutOf, recordName } from "./runAbout";

const NOTHING = { lead_id: null, lead_name: null, conversation_id: null, trigger_data: null };

describe("what a run is about", () => {
  it("is its lead, by the name that it has now", () => {
    const run = { ...NOTHING, lead_id: "l", trigger_data: { new: { name: "Ada" } } };
    expect(aboutOf({ ...run, lead_name: "Ada King" })).toEqual({ name: "Ada King", path: "/leads/l" });
    expect(aboutOf(run)).toEqual({ name: "A lead without a name", path: "/leads/l" });
  });

  it("else its conversation, else the record that started it", () => {
    const row = { new: { channel: "email" } };
    expect(aboutOf({ ...NOTHING, conversation_id: "c", trigger_data: row })).toEqual({ name: "A conversation by email", path: "/conversations/c" });
    expect(aboutOf({ ...NOTHING, trigger_data: { new: { title: "Order 7" } } })).toEqual({ name: "Order 7", path: null });
    expect(aboutOf(NOTHING)).toBeNull();
  });

  it("of a record is what stands in it of a name", () => {
    expect([{ new: { name: "Ada" } }, { old: { email: "a@b" } }, { new: null }, null].map(recordName)).toEqual(["Ada", "a@b", null, null]);
  });
});
