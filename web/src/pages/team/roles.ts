import { teamTexts } from "@/texts/team";

import type { Invitation, Role } from "./queries";

export const ROLES: readonly Role[] = ["owner", "admin", "member", "viewer"];
export const LIFETIMES = ["1", "7", "30", "90"] as const;
export type Lifetime = (typeof LIFETIMES)[number];

/** Whether somebody of the role `mine` may make and unmake members of the role `theirs`. */
export function managesRole(mine: string | null, theirs: Role): boolean {
  return mine === "owner" || (mine === "admin" && theirs !== "owner");
}

export function readRole(text: string | null): Role | null {
  return ROLES.find((role) => role === text) ?? null;
}

export function readLifetime(text: string | null): Lifetime {
  return LIFETIMES.find((one) => one === text) ?? "7";
}

type Ends = Pick<Invitation, "accepted_at" | "revoked_at" | "expires_at">;

export function isOpen({ accepted_at, revoked_at, expires_at }: Ends, now: number): boolean {
  return accepted_at === null && revoked_at === null && Date.parse(expires_at) > now;
}

export function invitationWords(invitation: Ends, now: number): string {
  const texts = teamTexts.invitations.state;
  if (invitation.accepted_at !== null) return texts.accepted;
  if (invitation.revoked_at !== null) return texts.revoked;
  if (!isOpen(invitation, now)) return texts.expired;
  return texts.open(new Date(invitation.expires_at).toLocaleDateString("en", { dateStyle: "medium" }));
}
