import { approvalsTexts } from "@/texts/approvals";

import type { Approval } from "./queries";

export const WHICH = ["open", "mine", "all"] as const;
export type Which = (typeof WHICH)[number];

export function readWhich(text: string | null): Which {
  return WHICH.find((one) => one === text) ?? "open";
}

/** Open ones first, each part in the order in which it came. */
export function openFirst<T extends Pick<Approval, "status">>(approvals: readonly T[]): T[] {
  return [...approvals.filter(({ status }) => status === "pending"), ...approvals.filter(({ status }) => status !== "pending")];
}

type Decided = Pick<Approval, "decided_via" | "decided_by" | "decided_as">;

/** Null: nobody has decided. */
export function decider({ decided_via: via, decided_by: id, decided_as: address }: Decided, nameOf: (id: string) => string | undefined): string | null {
  const texts = approvalsTexts.drawer;
  switch (via) {
    case null:
      return null;
    case "operator":
      return texts.operator;
    case "token":
      return address === null ? texts.mailOnly : texts.mail(address);
    case "user":
      return id === null ? null : (nameOf(id) ?? texts.user(id));
  }
}
