/** Keeps what is shown as it is: one stream for the account, for all pages. */

import { type QueryKey, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { create } from "zustand";

import { tokenNow, useSession } from "@/session/store";

import { distinct, readChange, staleAfter } from "./changes";
import { listen, type LiveState } from "./stream";

export const useLiveState = create<{ state: LiveState }>(() => ({ state: "connecting" }));

// Runs come in bursts; a list that is loaded thrice in a second is no better than once.
const TOGETHER = 400;
const NEVER_STALE_BY_CHANGES = new Set(["me", "node-types", "templates"]);

export function useLive(account: string | null): void {
  const queries = useQueryClient();
  const isSignedIn = useSession((session) => session.token !== null);

  useEffect(() => {
    if (account === null || !isSignedIn) return;
    const ended = new AbortController();
    let waiting: QueryKey[] = [];
    let timer: ReturnType<typeof setTimeout> | undefined;

    function flush(): void {
      timer = undefined;
      const keys = distinct(waiting);
      waiting = [];
      for (const queryKey of keys) void queries.invalidateQueries({ queryKey });
    }

    function loadAnew(): void {
      void queries.invalidateQueries({ predicate: (query) => !NEVER_STALE_BY_CHANGES.has(String(query.queryKey[0])) });
    }

    void listen(
      {
        url: `/api/v1/live?account=${encodeURIComponent(account)}`,
        token: tokenNow,
        onState: (state) => useLiveState.setState({ state }),
        onRefused: () => useLiveState.setState({ state: "away" }),
        onEvent({ event, data }) {
          // What changed between the first look and this moment was not told.
          if (event === "reset" || (event === "ready" && !data.includes("true"))) loadAnew();
          const change = readChange(data);
          if (change === null) return;
          waiting.push(...staleAfter(change));
          timer ??= setTimeout(flush, TOGETHER);
        },
      },
      ended.signal,
    );
    return () => {
      ended.abort();
      clearTimeout(timer);
    };
  }, [account, isSignedIn, queries]);
}
