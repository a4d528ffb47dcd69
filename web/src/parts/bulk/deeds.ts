/** What can be done to many runs. */

export type Deed = { readonly kind: "retry"; readonly from: "start" | "failed" } | { readonly kind: "cancel" };

export const RETRY: Deed = { kind: "retry", from: "start" };
export const FROM_FAILED: Deed = { kind: "retry", from: "failed" };
export const CANCEL: Deed = { kind: "cancel" };
