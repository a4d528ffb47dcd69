import { notifications } from "@mantine/notifications";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState } from "react";
import { useStore } from "zustand";

import { parseDrawing, writeEdges, writeNodes } from "@/flow/drawing";
import { ApiError } from "@/lib/api";
import { queryKeys } from "@/lib/query-keys";
import type { Automation } from "@/pages/editor/tabs";
import { answer, api } from "@/session/client";
import { draftTexts } from "@/texts/draft";

import { createDraft, type DraftStore } from "./draft";
import { keepUnsaved, readUnsaved } from "./kept";
import { createSaver, type Outcome, type Saver } from "./saver";
import { isSameDrawing, type SaveState, type Stored } from "./saving";

export const SaverContext = createContext<Saver | null>(null);

export function useSaver(): Saver {
  const saver = use(SaverContext);
  if (saver === null) throw new Error("only within a SaverContext");
  return saver;
}

export function useSaveState<T>(select: (state: SaveState) => T): T {
  return useStore(useSaver().store, select);
}

export interface OpenedDraft {
  readonly draft: DraftStore;
  readonly saver: Saver;
}

/** The draft of an automation, and what saves it for as long as the page is open. */
export function useOpenedDraft(automation: Automation): OpenedDraft {
  const queries = useQueryClient();
  const [opened] = useState(() => open(automation, queries));
  const { saver } = opened;
  useEffect(() => {
    saver.dispatch({ kind: "seen", stored: storedIn(automation) });
  }, [saver, automation]);
  useEffect(() => {
    saver.begin();
    const hurry = () => saver.hurry();
    const onHidden = () => document.visibilityState === "hidden" && hurry();
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", onHidden);
      hurry();
      saver.end();
    };
  }, [saver]);
  return opened;
}

function open(automation: Automation, queries: QueryClient): OpenedDraft {
  const stored = storedIn(automation);
  const unsaved = readUnsaved(automation.id);
  const draft = createDraft(stored.drawing);
  const saver = createSaver(draft, stored, {
    send: (drawing, revision) => send(automation.id, queries, { revision, drawing }),
    later: (milliseconds, call) => {
      const timer = setTimeout(call, milliseconds);
      return () => clearTimeout(timer);
    },
    keep: (left) => keepUnsaved(automation.id, left),
    onTaken: () => notifications.show({ message: draftTexts.taken }),
  });
  if (unsaved !== null && !isSameDrawing(unsaved.drawing, stored.drawing)) {
    saver.resume(unsaved);
    notifications.show({ message: draftTexts.resumed });
  }
  return { draft, saver };
}

function storedIn({ draft_revision: revision, nodes, edges }: Automation): Stored {
  return { revision, drawing: parseDrawing(nodes, edges) };
}

async function send(id: string, queries: QueryClient, { revision, drawing }: Stored): Promise<Outcome> {
  const key = queryKeys.automations.detail(id);
  const path = { automation_id: id };
  try {
    // Names are changed elsewhere on the page: as they are known by now.
    const { name, description, icon, color } = queries.getQueryData<Automation>(key) ?? (await load(id));
    const body = { name, description, icon, color, nodes: writeNodes(drawing), edges: writeEdges(drawing) };
    const params = { path, header: { "If-Match": `"${revision}"` } };
    const saved = await answer(api.PUT("/api/v1/automations/{automation_id}", { params, body }));
    queries.setQueryData(key, saved);
    return { kind: "answered", revision: saved.draft_revision };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500 || error.status === 429) return { kind: "failed" };
    if (error.status !== 409) return { kind: "refused", error };
    return load(id).then(
      (theirs): Outcome => ({ kind: "overtaken", theirs: storedIn(theirs) }),
      (): Outcome => ({ kind: "failed" }),
    );
  }
}

function load(id: string): Promise<Automation> {
  return answer(api.GET("/api/v1/automations/{automation_id}", { params: { path: { automation_id: id } } }));
}
