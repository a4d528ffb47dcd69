/** Asks for a new token while the page is open, where the installation issues them itself. */

import { ApiError } from "@/lib/api";

import { renewAt } from "./claims";
import { answer, api } from "./client";
import { useSession } from "./store";

const AGAIN_AFTER = 60_000;
// Timers of browsers cannot wait longer, and sleep when the machine sleeps.
const LOOK_EVERY = 60_000;

/** Until the function that is returned is called. */
export function keepRenewed(): () => void {
  let isAsking = false;
  let notBefore = 0;
  let elsewhere = false;

  async function look(): Promise<void> {
    const { token } = useSession.getState();
    const due = token === null ? null : renewAt(token);
    if (due === null || elsewhere || isAsking || Date.now() < Math.max(due, notBefore)) return;
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

  const timer = setInterval(() => void look(), LOOK_EVERY);
  const seen = () => void look();
  document.addEventListener("visibilitychange", seen);
  void look();
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}
