/** The accounts that whoever is signed in reaches, and the one that is looked at. */

import { useQuery } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";

import { answer, api } from "./client";
import { useSession } from "./store";

export type Me = components["schemas"]["Me"];
type AccountOfCaller = components["schemas"]["AccountOfCaller"];

export function useMe() {
  const token = useSession((session) => session.token);
  return useQuery({
    queryKey: ["me"],
    queryFn: () => answer(api.GET("/api/v1/me")),
    enabled: token !== null,
    staleTime: 60_000,
  });
}

/** The chosen one where it is still reached, else the first; null: there is none, or it is not known yet. */
export function chosenAccount(accounts: readonly AccountOfCaller[], chosen: string | null): AccountOfCaller | null {
  return accounts.find((one) => one.account_id === chosen) ?? accounts[0] ?? null;
}

export function useAccount(): AccountOfCaller | null {
  const chosen = useSession((session) => session.account);
  const { data } = useMe();
  return data === undefined ? null : chosenAccount(data.accounts, chosen);
}

/** Null: the team is managed elsewhere, and the database decides. */
const CHANGES: readonly (string | null)[] = ["owner", "admin", "member", null];

export function mayChange(role: string | null | undefined): boolean {
  return role !== undefined && CHANGES.includes(role);
}

/** Whether people and keys of the account are theirs to manage. A key manages neither. */
export function useManages(): boolean {
  const account = useAccount();
  const { data } = useMe();
  return data?.key === null && (account?.role === "owner" || account?.role === "admin");
}

export function useMayRun(): boolean {
  const account = useAccount();
  const { data } = useMe();
  const key = data?.key ?? null;
  return account !== null && mayChange(account.role) && (key === null || key.scopes.includes("run"));
}

export function useMayChange(): boolean {
  const account = useAccount();
  const { data } = useMe();
  const key = data?.key ?? null;
  return account !== null && mayChange(account.role) && (key === null || key.scopes.includes("write"));
}
