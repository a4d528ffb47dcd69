import { notifications } from "@mantine/notifications";
import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useState } from "react";
import { useStore } from "zustand";

import { parseDrawing, writeEdges, writeNodes } from "@/flow/drawing";
import { ApiError } from "@/lib/api";
import { queryKeys } from "@/lib/query-keys";
import type { Automation } from "@/pages/editor/tabs";
import { useMayChange, useMe } from "@/session/accounts";
import { answer, api } from "@/session/client";
import { draftTexts } from "@/texts/draft";

import { createDraft, type DraftStore } from "./draft";
import { historyOf } from "./history";
import { keeperOf } from "./kept";
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
  readonly keepHistory: () => void;
}

/** The draft of an automation, and what saves it for as long as the page is open. */
export function useOpenedDraft(automation: Automation): OpenedDraft {
  const queries = useQueryClient();
  const mayChange = useMayChange();
  const { data: me } = useMe();
  const [opened] = useState(() => open(automation, queries, mayChange ? (me?.user_id ?? "") : null));
  const { saver, keepHistory } = opened;
  useEffect(() => {
    saver.dispatch({ kind: "seen", stored: storedIn(automation) });
  }, [saver, automation]);
  useEffect(() => {
    saver.begin();
    const hurry = () => saver.hurry();
    const onHidden = () => document.visibilityState === "hidden" && hurry();
    window.addEventListener("pagehide", keepHistory);
    window.addEventListener("online", hurry);
    document.addEventListener("visibilitychange", onHidden);
    return () => {
      window.removeEventListener("pagehide", keepHistory);
      window.removeEventListener("online", hurry);
      document.removeEventListener("visibilitychange", onHidden);
      hurry();
      keepHistory();
      saver.end();
    };
  }, [saver, keepHistory]);
  return opened;
}

/** `person` null: who may only look at it, and has nothing to save. */
function open(automation: Automation, queries: QueryClient, person: string | null): OpenedDraft {
  const stored = storedIn(automation);
  const keeper = person === null ? null : keeperOf(person, automation.id);
  const unsaved = keeper?.read() ?? null;
  const draft = createDraft(stored.drawing);
  const saver = createSaver(draft, stored, {
    send: (drawing, revision, again) => send(automation.id, queries, { revision, drawing }, again),
    later: (milliseconds, call) => {
      const timer = setTimeout(call, milliseconds);
      return () => clearTimeout(timer);
    },
    keep: (left) => keeper?.keep(left),
    onTaken: () => notifications.show({ message: draftTexts.taken }),
  });
  if (unsaved !== null && !isSameDrawing(unsaved.drawing, stored.drawing)) {
    saver.resume(unsaved);
    notifications.show({ message: draftTexts.resumed });
  }
  const history = person === null ? null : historyOf(person, automation.id);
  history?.bringBack(draft);
  return { draft, saver, keepHistory: () => history?.keep(draft) };
}

function storedIn({ draft_revision: revision, nodes, edges }: Automation): Stored {
  return { revision, drawing: parseDrawing(nodes, edges) };
}

// What browsers send while a page is being left.
const MOST_KEPT_ALIVE = 60_000;
// Nobody is wrong where these are answered: it is tried again.
const PASSING: ReadonlySet<number> = new Set([401, 408, 429]);

async function send(id: string, queries: QueryClient, { revision, drawing }: Stored, again: boolean): Promise<Outcome> {
  const key = queryKeys.automations.detail(id);
  const path = { automation_id: id };
  try {
    // Names are changed elsewhere on the page: as they are known by now.
    const known = again ? undefined : queries.getQueryData<Automation>(key);
    const { name, description, icon, color } = known ?? (await load(id));
    const body = { name, description, icon, color, nodes: writeNodes(drawing), edges: writeEdges(drawing) };
    const params = { path, header: { "If-Match": `"${revision}"` } };
    const keepalive = JSON.stringify(body).length < MOST_KEPT_ALIVE;
    const saved = await answer(api.PUT("/api/v1/automations/{automation_id}", { params, body, keepalive }));
    queries.setQueryData(key, saved);
    return { kind: "answered", revision: saved.draft_revision };
  } catch (error) {
    if (!(error instanceof ApiError) || error.status >= 500 || PASSING.has(error.status)) return { kind: "failed" };
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
