import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

export type Member = components["schemas"]["Member"];
export type Role = Member["role"];
export type Invitation = components["schemas"]["Invitation"];
type NewInvitation = components["schemas"]["NewInvitation"];

export function useMembers(account: string) {
  const query = useInfiniteQuery({
    queryKey: [...listKeys.team(account), "members"],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/team", { params: { query: { account, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    // Where the team is managed elsewhere, asking again changes nothing.
    retry: false,
  });
  return { ...query, members: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export function useInvitations(account: string, enabled: boolean) {
  const query = useInfiniteQuery({
    queryKey: listKeys.invitations(account),
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/invitations", { params: { query: { account, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    enabled,
  });
  return { ...query, invitations: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export function useSetRole(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ id, role }: { id: string; role: Role }) =>
      answer(api.PUT("/api/v1/team/{member_id}", { params: { path: { member_id: id }, query: { account } }, body: { role } })),
    // One's own role may be among them, and after a refusal the list may be an old one.
    onSettled: () => Promise.all([queries.invalidateQueries({ queryKey: listKeys.team(account) }), queries.invalidateQueries({ queryKey: ["me"] })]),
  });
}

/** Of oneself: to leave. What then is asked of an account that is no longer reached, whoever leaves has to see to. */
export function useRemoveMember(account: string) {
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/v1/team/{member_id}", { params: { path: { member_id: id }, query: { account } } })),
  });
}

export function useInvite(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Omit<NewInvitation, "account_id">) => answer(api.POST("/api/v1/invitations", { body: { ...body, account_id: account } })),
    // The link stays with the dialog that shows it.
    gcTime: 0,
    onSuccess: () => queries.invalidateQueries({ queryKey: listKeys.invitations(account) }),
  });
}

export function useTakeBack(account: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) => answer(api.DELETE("/api/v1/invitations/{invitation_id}", { params: { path: { invitation_id: id } } })),
    onSettled: () => queries.invalidateQueries({ queryKey: listKeys.invitations(account) }),
  });
}
