import { apiKeysTexts } from "@/texts/api-keys";

import type { ApiKey } from "./queries";

export type Scope = ApiKey["scopes"][number];
export const SCOPES: readonly Scope[] = ["read", "run", "write"];
export const LIFETIMES = ["never", "30", "90", "365"] as const;
export type Lifetime = (typeof LIFETIMES)[number];

export type KeyState = "active" | "expired" | "revoked";

export function stateOf(key: Pick<ApiKey, "expires_at" | "revoked_at">, now: number): KeyState {
  if (key.revoked_at !== null) return "revoked";
  return key.expires_at !== null && Date.parse(key.expires_at) <= now ? "expired" : "active";
}

export function stateWords(key: Pick<ApiKey, "expires_at" | "revoked_at">, now: number): string {
  const state = stateOf(key, now);
  const texts = apiKeysTexts.state;
  if (state !== "active") return texts[state];
  return key.expires_at === null ? texts.active : texts.until(new Date(key.expires_at).toLocaleDateString("en", { dateStyle: "medium" }));
}

/** As the API has it; null: until it is revoked. */
export function daysOf(lifetime: Lifetime): number | null {
  return lifetime === "never" ? null : Number(lifetime);
}

export function readLifetime(text: string | null): Lifetime {
  return LIFETIMES.find((one) => one === text) ?? "never";
}

/** Those that were ticked, in the order in which they are shown. */
export function readScopes(chosen: readonly string[]): Scope[] {
  return SCOPES.filter((scope) => chosen.includes(scope));
}
