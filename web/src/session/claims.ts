/** What a token says of itself. Nothing is proved by it: the server does that. */

export interface Claims {
  readonly issuedAt: number | null;
  readonly expiresAt: number | null;
}

const API_KEY = /^aut_[A-Za-z0-9_-]+$/;

/** In milliseconds; null for what is no JSON Web Token. */
export function claimsOf(token: string): Claims | null {
  const [, payload] = token.split(".");
  if (payload === undefined) return null;
  try {
    const text = atob(payload.replace(/-/g, "+").replace(/_/g, "/"));
    const value = JSON.parse(text) as { iat?: unknown; exp?: unknown };
    return { issuedAt: milliseconds(value.iat), expiresAt: milliseconds(value.exp) };
  } catch {
    return null;
  }
}

export function expiryOf(token: string): number | null {
  return claimsOf(token)?.expiresAt ?? null;
}

/** Whether a text that somebody pasted can be a token at all. */
export function looksLikeToken(text: string): boolean {
  return API_KEY.test(text) || (text.split(".").length === 3 && claimsOf(text) !== null);
}

/** When to ask for a new one: halfway, so that a laptop that slept still has time. Null: it never ends. */
export function renewAt(token: string): number | null {
  const claims = claimsOf(token);
  if (claims?.expiresAt == null || claims.issuedAt === null) return null;
  return claims.issuedAt + (claims.expiresAt - claims.issuedAt) / 2;
}

function milliseconds(seconds: unknown): number | null {
  return typeof seconds === "number" && Number.isFinite(seconds) ? seconds * 1_000 : null;
}
