import { useSyncExternalStore } from "react";

const EVERY = 15_000;
let now = new Date();
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = new Date();
    listeners.forEach((one) => one());
  }, EVERY);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

/** The time, looked at now and then: one clock for all that say how long ago something was. */
export function useNow(): Date {
  return useSyncExternalStore(subscribe, lookedAt);
}

/** The same for a while: React asks twice, and draws anew for as long as the answers differ. */
export function lookedAt(): Date {
  if (Date.now() - now.getTime() > EVERY) now = new Date();
  return now;
}
