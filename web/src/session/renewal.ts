/** Asks for a new token while the page is open, where the installation issues them itself. */

import { ApiError } from "@/lib/api";

import { renewAt } from "./claims";
import { answer, api } from "./client";
import { useSession } from "./store";

const AGAIN_AFTER = 10_000;
// Timers of browsers cannot wait longer than some days, and sleep when the machine sleeps.
const LOOK_EVERY = 60_000;
const LOOK_AT_MOST_EVERY = 1_000;

/** How long nothing has to be done, in milliseconds. `due`: null for a token that is not renewed. */
export function untilNextLook(due: number | null, notBefore: number, now: number): number {
  if (due === null) return LOOK_EVERY;
  return Math.min(LOOK_EVERY, Math.max(LOOK_AT_MOST_EVERY, Math.max(due, notBefore) - now));
}

/** Until the function that is returned is called. */
export function keepRenewed(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isAsking = false;
  let notBefore = 0;
  let elsewhere = false;

  async function look(): Promise<void> {
    const { token } = useSession.getState();
    const due = token === null || elsewhere ? null : renewAt(token);
    if (due !== null && !isAsking && Date.now() >= Math.max(due, notBefore)) {
      isAsking = true;
      try {
        const renewed = await answer(api.POST("/api/v1/sign-in/renew"));
        if (useSession.getState().token === token) useSession.getState().signIn(renewed.token);
      } catch (error) {
        // Who issues tokens elsewhere renews them there; a month after the sign-in nobody does.
        elsewhere = error instanceof ApiError && (error.status === 404 || error.status === 403);
        notBefore = Date.now() + AGAIN_AFTER;
      } finally {
        isAsking = false;
      }
    }
    schedule();
  }

  function schedule(): void {
    clearTimeout(timer);
    const { token } = useSession.getState();
    const due = token === null || elsewhere ? null : renewAt(token);
    timer = setTimeout(seen, untilNextLook(due, notBefore, Date.now()));
  }

  const seen = () => void look();
  document.addEventListener("visibilitychange", seen);
  // Whoever signs in now may come with a token that ends sooner than the one before.
  const stopWatching = useSession.subscribe((now, before) => {
    if (now.token !== before.token) schedule();
  });
  void look();
  return () => {
    clearTimeout(timer);
    stopWatching();
    document.removeEventListener("visibilitychange", seen);
  };
}
