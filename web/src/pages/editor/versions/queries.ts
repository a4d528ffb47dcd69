import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";

import { type Drawing, parseDrawing } from "@/flow/drawing";
import type { components } from "@/lib/api-types";
import { queryKeys } from "@/lib/query-keys";
import { answer, api } from "@/session/client";

import { useDraft, useDraftStore } from "@/pages/editor/draft/useDraft";
import { useSaver } from "@/pages/editor/draft/useSaver";
import { useVersionDrawing } from "@/pages/editor/runs/queries";
import type { Automation } from "@/pages/editor/tabs";
import type { Side } from "./sides";

export type ListedVersion = components["schemas"]["VersionListItem"];

const PAGE = 50;

export function useVersions(automation: string) {
  const query = useInfiniteQuery({
    queryKey: [...queryKeys.automations.detail(automation), "versions"],
    queryFn: ({ pageParam }) =>
      answer(api.GET("/api/v1/automations/{automation_id}/versions", { params: { path: { automation_id: automation }, query: { limit: PAGE, cursor: pageParam } } })),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });
  return { ...query, versions: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

interface SideDrawing {
  readonly drawing: Drawing | null;
  readonly error: Error | null;
  readonly retry: () => void;
}

/** The draft is what is drawn, saved or not. */
export function useSide(automation: string, side: Side | null): SideDrawing {
  const draft = useDraft((now) => now.drawing);
  const { data, error, refetch } = useVersionDrawing(automation, side === "draft" ? null : side);
  return side === "draft" ? { drawing: draft, error: null, retry: () => undefined } : { drawing: data ?? null, error, retry: () => void refetch() };
}

export function useRollBack(automation: Automation) {
  const draft = useDraftStore();
  const saver = useSaver();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async ({ version, note }: { version: number; note: string | null }) => {
      // A save that is under way would make the draft another one than was seen.
      await saver.flush();
      const params = { path: { automation_id: automation.id }, header: { "If-Match": `"${saver.store.getState().stored.revision}"` } };
      return answer(api.POST("/api/v1/automations/{automation_id}/rollback", { params, body: { version, note } }));
    },
    async onSuccess(now) {
      draft.getState().reset(parseDrawing(now.nodes, now.edges));
      queries.setQueryData(queryKeys.automations.detail(automation.id), now);
      await queries.invalidateQueries({ queryKey: queryKeys.automations.all });
    },
  });
}
