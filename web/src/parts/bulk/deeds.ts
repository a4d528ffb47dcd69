/** What can be done to many runs. */

/** `version`: of another one than goes without saying. */
export type Deed = { readonly kind: "retry"; readonly from: "start" | "failed"; readonly version?: number } | { readonly kind: "cancel" };

export const RETRY: Deed = { kind: "retry", from: "start" };
export const FROM_FAILED: Deed = { kind: "retry", from: "failed" };
export const CANCEL: Deed = { kind: "cancel" };

export function fromFailedWith(version: number): Deed {
  return { kind: "retry", from: "failed", version };
}

/** Under which the words of it stand. */
export function nameOf(deed: Deed): "retry" | "fromFailed" | "fromFailedWith" | "cancel" {
  if (deed.kind === "cancel") return "cancel";
  if (deed.from === "start") return "retry";
  return deed.version === undefined ? "fromFailed" : "fromFailedWith";
}
