import { describe, expect, it } from "vitest";

import { claimsOf, expiryOf, looksLikeToken, renewAt } from "./claims";

const token = (claims: object) => `e30.${btoa(JSON.stringify(claims)).replace(/=+$/, "").replace(/\+/g, "-").replace(/\//g, "_")}.x`;

describe("a token", () => {
  it("says when it ends, and is renewed halfway", () => {
    const text = token({ iat: 1_000, exp: 2_000, name: "Ådä?>" .slice(3) });
    expect(claimsOf(text)).toEqual({ issuedAt: 1_000_000, expiresAt: 2_000_000 });
    expect(renewAt(text)).toBe(1_500_000);
  });

  it("may say nothing", () => {
    expect(expiryOf("aut_abc")).toBeNull();
    expect(renewAt(token({ exp: 2_000 }))).toBeNull();
    expect(claimsOf("a.!.c")).toBeNull();
  });

  it("is told from what is none", () => {
    expect(looksLikeToken(token({}))).toBe(true);
    expect(looksLikeToken("aut_Xy-1")).toBe(true);
    for (const text of ["", "a.b", "hello", "a.b.c", "Bearer aut_x"]) expect(looksLikeToken(text)).toBe(false);
  });
});
