import { describe, expect, it } from "vitest";

import { answered, decider, isOvertaken, openFirst, readWhich } from "./words";

describe("approvals in words", () => {
  it("shows the open ones where nothing else is asked for", () => {
    expect([null, "mine", "else"].map(readWhich)).toEqual(["open", "mine", "open"]);
  });

  it("has open ones first", () => {
    const rows = [{ status: "void" }, { status: "pending" }, { status: "approved" }] as const;
    expect(openFirst(rows).map(({ status }) => status)).toEqual(["pending", "void", "approved"]);
  });

  it("says who decided", () => {
    const none = { decided_via: null, decided_by: null, decided_as: null };
    const who = (part: object) => decider({ ...none, ...part }, (id) => (id === "me" ? "You" : undefined));
    expect(who({})).toBeNull();
    expect(who({ decided_via: "user", decided_by: "me" })).toBe("You");
    expect(who({ decided_via: "user", decided_by: "12345678-9" })).toBe("user 12345678");
    expect(who({ decided_via: "token", decided_as: "a@b.example" })).toBe("a@b.example, from a mail");
  });

  it("says that somebody was faster", () => {
    const by = (decided_by: string | null) => ({ status: "approved" as const, decided_by });
    expect([isOvertaken("pending", by("other"), "me"), isOvertaken("pending", by(null), "me"), isOvertaken("pending", by("me"), "me")]).toEqual([true, true, false]);
    expect([isOvertaken("approved", by("other"), "me"), isOvertaken("pending", { status: "pending", decided_by: null }, "me")]).toEqual([false, false]);
  });

  it("shows an answer as it was asked for", () => {
    const form = {
      properties: { why: { type: "string", title: "Why" }, share: { type: "number", title: "Share" }, sure: { type: "boolean" }, none: { type: "string" } },
      "x-order": ["share", "why"],
    };
    expect(answered({ form, answer: { why: "Loyal", share: 5, sure: false, tags: ["a", "b"], none: null } }).map(({ title, text }) => [title, text])).toEqual([
      ["Share", "5"],
      ["Why", "Loyal"],
      ["sure", "No"],
      ["tags", "a, b"],
    ]);
    expect(answered({ form: null, answer: null })).toEqual([]);
  });
});
