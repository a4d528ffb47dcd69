import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, answerOf, api } from "@/session/client";

import { askedFor, type Filters } from "./filters";

export type Lead = components["schemas"]["Lead"];
export type LeadColumns = components["schemas"]["LeadColumns"];
export type Conversation = components["schemas"]["Conversation"];

const PAGE = 50;
const MOST = 200;

export function useLeads(account: string, filters: Filters) {
  const query = useInfiniteQuery({
    queryKey: [...listKeys.leads(), account, "list", filters],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/leads", { params: { query: { account, ...askedFor(filters), limit: PAGE, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  return { ...query, leads: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

/** The newest leads: what stages there are is what stands in them, and conversations have only their ids. */
export function useNewestLeads(account: string) {
  const { data } = useQuery({
    queryKey: [...listKeys.leads(), account, "newest"],
    queryFn: async () => (await answer(api.GET("/api/v1/leads", { params: { query: { account, limit: MOST } } }))).items,
  });
  return data ?? [];
}

export function useLead(id: string | null) {
  return useQuery({
    queryKey: listKeys.record("leads", id ?? ""),
    queryFn: () => answerOf("lead", id ?? "", () => api.GET("/api/v1/leads/{lead_id}", { params: { path: { lead_id: id ?? "" } } })),
    enabled: id !== null,
  });
}

export function useConversations(account: string, filters: Filters, lead: string | null = null) {
  const query = useInfiniteQuery({
    queryKey: [...listKeys.conversations(), account, "list", filters, lead],
    queryFn: ({ pageParam }) => {
      const { status } = askedFor(filters);
      const asked = { account, limit: PAGE, cursor: pageParam, ...(status === undefined ? {} : { status }), ...(lead === null ? {} : { lead_id: lead }) };
      return answer(api.GET("/api/v1/conversations", { params: { query: asked } }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  return { ...query, conversations: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export function useConversation(id: string) {
  return useQuery({
    queryKey: listKeys.record("conversations", id),
    queryFn: () => answerOf("conversation", id, () => api.GET("/api/v1/conversations/{conversation_id}", { params: { path: { conversation_id: id } } })),
  });
}

/** A new one without an id. */
export function useSaveLead(id: string | null, onSaved: (lead: Lead) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: LeadColumns) =>
      id === null
        ? answer(api.POST("/api/v1/leads", { body }))
        : answer(api.PATCH("/api/v1/leads/{lead_id}", { params: { path: { lead_id: id } }, body })),
    onSuccess: (lead) => {
      queries.setQueryData(listKeys.record("leads", lead.id), lead);
      void queries.invalidateQueries({ queryKey: listKeys.leads() });
      void queries.invalidateQueries({ queryKey: listKeys.record("leads", lead.id) });
      onSaved(lead);
    },
    onError: notifyProblem,
  });
}
