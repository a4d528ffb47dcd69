import { describe, expect, it } from "vitest";

import { teamTexts } from "@/texts/team";

import { invitationWords, isOpen, managesRole, readLifetime, readRole, ROLES } from "./roles";

describe("a team", () => {
  it("is managed by owners, and by admins but for owners", () => {
    const managed = (mine: string | null) => ROLES.filter((role) => managesRole(mine, role));
    expect([managed("owner"), managed("admin"), managed("member"), managed(null)]).toEqual([ROLES, ["admin", "member", "viewer"], [], []]);
    expect([readRole("admin"), readRole("king"), readLifetime("30"), readLifetime(null)]).toEqual(["admin", null, "30", "7"]);
  });

  it("is joined while an invitation is open", () => {
    const now = Date.parse("2026-11-27T12:00:00Z");
    const later = "2026-11-30T12:00:00Z";
    const earlier = "2026-11-20T12:00:00Z";
    const all = [
      { accepted_at: null, revoked_at: null, expires_at: later },
      { accepted_at: earlier, revoked_at: null, expires_at: later },
      { accepted_at: null, revoked_at: earlier, expires_at: later },
      { accepted_at: null, revoked_at: null, expires_at: earlier },
    ];
    const { open, accepted, revoked, expired } = teamTexts.invitations.state;
    expect(all.map((one) => isOpen(one, now))).toEqual([true, false, false, false]);
    expect(all.map((one) => invitationWords(one, now))).toEqual([open("Nov 30, 2026"), accepted, revoked, expired]);
  });
});
