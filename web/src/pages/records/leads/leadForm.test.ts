import { describe, expect, it } from "vitest";

import { changesOf, EMPTY, leadName, problemsOf, takenOver, valuesOf } from "./leadForm";

const lead = { id: "0b9d1f62-9a3b-4f43-8c11-3f6a5e1a7d20", user_id: "u", name: "Ada", email: null, stage: "new", score: 40, tags: ["a"] };
const before = valuesOf(lead);

describe("the form of a lead", () => {
  it("sends what differs, and null for what was emptied", () => {
    expect(changesOf(before, before)).toEqual({});
    expect(changesOf(before, { ...before, stage: " qualified ", name: "", owner: "me", score: null, tags: ["a", "b"] })).toEqual({
      name: null,
      stage: "qualified",
      owner_id: "me",
      score: null,
      tags: ["a", "b"],
    });
  });

  it("keeps what is typed when the lead changes meanwhile", () => {
    const typed = { ...before, stage: "won" };
    expect(takenOver(before, typed, { ...before, stage: "lost", score: 90 })).toEqual({ ...before, stage: "won", score: 90 });
  });

  it("asks for a name or an address", () => {
    expect(Object.keys(problemsOf(EMPTY))).toEqual(["name"]);
    expect(Object.keys(problemsOf({ ...EMPTY, email: "nobody" }))).toEqual(["email"]);
    expect(problemsOf({ ...EMPTY, email: "ada@example.com" })).toEqual({});
  });

  it("is called by what there is", () => {
    expect([leadName(lead), leadName({ ...lead, name: "" })]).toEqual(["Ada", "No name (0b9d1f62)"]);
  });
});
