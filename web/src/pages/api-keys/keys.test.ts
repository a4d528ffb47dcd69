import { describe, expect, it } from "vitest";

import { apiKeysTexts } from "@/texts/api-keys";

import { daysOf, readLifetime, readScopes, stateOf, stateWords } from "./keys";

const NOW = Date.parse("2026-11-27T12:00:00Z");
const key = (expires_at: string | null, revoked_at: string | null = null) => ({ expires_at, revoked_at });

describe("an API key", () => {
  it("holds until it expires or is revoked", () => {
    const keys = [key(null), key("2026-11-28T12:00:00Z"), key("2026-11-27T12:00:00Z"), key(null, "2026-11-01T00:00:00Z")];
    expect(keys.map((one) => stateOf(one, NOW))).toEqual(["active", "active", "expired", "revoked"]);
    expect([stateWords(key(null), NOW), stateWords(key("2026-11-28T12:00:00Z"), NOW)]).toEqual([
      apiKeysTexts.state.active,
      apiKeysTexts.state.until("Nov 28, 2026"),
    ]);
  });

  it("is asked for in the words of the API", () => {
    expect([daysOf(readLifetime("90")), daysOf(readLifetime("x")), daysOf(readLifetime(null))]).toEqual([90, null, null]);
    expect(readScopes(["write", "x", "read"])).toEqual(["read", "write"]);
  });
});
