/** Codes of links. Each works once, so each is asked once, however often a page is drawn. */

import { createApi } from "@/lib/api";
import type { components } from "@/lib/api-types";
import { answer } from "@/session/client";

type SignedIn = components["schemas"]["SignedIn"];

const WELL_FORMED = /^[\w-]{1,200}$/;
/** Of nobody: that a code is refused says nothing of who is signed in. */
const api = createApi(() => null);
const asked = new Map<string, Promise<SignedIn>>();

export function codeIn(parameters: string): string | null {
  const code = new URLSearchParams(parameters).get("code");
  return code !== null && WELL_FORMED.test(code) ? code : null;
}

export function signInBy(code: string): Promise<SignedIn> {
  const known = asked.get(code);
  if (known !== undefined) return known;
  const answered = answer(api.POST("/api/v1/sign-in", { body: { code } }));
  asked.set(code, answered);
  return answered;
}
