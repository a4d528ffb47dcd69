/** The stream of changes, opened again whenever it ends. `EventSource` cannot send a token, so it is read by `fetch`. */

import { EventParser, type ServerEvent } from "./sse";

export type LiveState = "connecting" | "live" | "away";

interface Listener {
  readonly url: string;
  readonly token: () => string | null;
  readonly onEvent: (event: ServerEvent) => void;
  readonly onState: (state: LiveState) => void;
  /** The server will not have this token: nothing is tried again. */
  readonly onRefused: () => void;
}

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
// The server says something each 15 seconds.
const SILENCE = 40_000;

/** Listens until the signal. */
export async function listen(listener: Listener, signal: AbortSignal): Promise<void> {
  let last: string | null = null;
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    const lasted = await once(listener, last, signal, (event) => {
      last = event.id ?? last;
      pause = FIRST_PAUSE;
      listener.onEvent(event);
    });
    if (lasted === "refused") {
      listener.onRefused();
      return;
    }
    listener.onState("away");
    await sleep(pause * (0.5 + Math.random()), signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

async function once(
  { url, token, onState }: Listener,
  last: string | null,
  signal: AbortSignal,
  onEvent: (event: ServerEvent) => void,
): Promise<"ended" | "refused"> {
  const silent = new AbortController();
  const both = AbortSignal.any([signal, silent.signal]);
  let watchdog = setTimeout(() => silent.abort(), SILENCE);
  // A stream without a network says nothing, for as long as the watchdog waits.
  const unplugged = () => silent.abort();
  window.addEventListener("offline", unplugged);
  try {
    const headers = { Accept: "text/event-stream", Authorization: `Bearer ${token() ?? ""}`, ...(last === null ? {} : { "Last-Event-ID": last }) };
    const response = await fetch(url, { headers, signal: both, cache: "no-store" });
    if (response.status === 401 || response.status === 403) return "refused";
    if (!response.ok || response.body === null) return "ended";
    const parser = new EventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    onState("live");
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return "ended";
      clearTimeout(watchdog);
      watchdog = setTimeout(() => silent.abort(), SILENCE);
      parser.push(value).forEach(onEvent);
    }
  } catch {
    return "ended";
  } finally {
    clearTimeout(watchdog);
    window.removeEventListener("offline", unplugged);
  }
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    // Back in the network: at once, not when the pause is over.
    const now = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", now, { once: true });
    window.addEventListener("online", now, { once: true, signal });
  });
}
