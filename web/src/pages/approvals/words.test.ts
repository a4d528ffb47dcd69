import { describe, expect, it } from "vitest";

import { decider, openFirst, readWhich } from "./words";

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
});
