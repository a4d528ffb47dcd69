import { keepPreviousData, useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";

import type { JsonObject } from "@/flow/drawing";
import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

import type { Which } from "./words";

export type Approval = components["schemas"]["Approval"];
export type ApprovalListItem = components["schemas"]["ApprovalListItem"];

export interface Decision {
  readonly isYes: boolean;
  readonly given: JsonObject;
  readonly comment: string | null;
}

export function useApprovals(account: string, which: Which) {
  const query = useInfiniteQuery({
    queryKey: [...listKeys.approvals(), account, which],
    queryFn: ({ pageParam }) => answer(api.GET("/api/v1/approvals", { params: { query: { account, which, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
  return { ...query, approvals: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

export function useApproval(id: string) {
  return useQuery({
    queryKey: [...listKeys.approvals(), "one", id],
    queryFn: () => answer(api.GET("/api/v1/approvals/{approval_id}", { params: { path: { approval_id: id } } })),
  });
}

export function useDecide(id: string) {
  const queries = useQueryClient();
  const params = { path: { approval_id: id } };
  return useMutation({
    mutationFn: ({ isYes, given, comment }: Decision) =>
      isYes
        ? answer(api.POST("/api/v1/approvals/{approval_id}/approve", { params, body: { answer: given, comment } }))
        : answer(api.POST("/api/v1/approvals/{approval_id}/reject", { params, body: { comment } })),
    // After a refusal too: somebody else may have been faster.
    onSettled: () => queries.invalidateQueries({ queryKey: listKeys.approvals() }),
  });
}
