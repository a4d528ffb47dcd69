/** Who is signed in, in this tab.
 *
 * The token lies in sessionStorage: it ends with the browser, so that the next person at the machine finds none, and a
 * token that is renewed for a month is no key that lies about. Tabs ask each other for it (tabs.ts), so a link that is
 * opened in a new one is signed in. The server sets no cookie, and its policy lets no script but ours run.
 */

import { create } from "zustand";

import { expiryOf } from "./claims";

const TOKEN = "automations.token";
const ACCOUNT = "automations.account";

export type EndedBy = "nobody" | "person" | "expiry";

interface Session {
  readonly token: string | null;
  /** The account that is looked at; null: the first that the person has. */
  readonly account: string | null;
  readonly endedBy: EndedBy;
  readonly signIn: (token: string) => void;
  readonly signOut: (by: "person" | "expiry") => void;
  readonly chooseAccount: (account: string) => void;
}

export const useSession = create<Session>((set) => ({
  token: held(TOKEN),
  account: held(ACCOUNT),
  endedBy: "nobody",
  signIn(token) {
    hold(TOKEN, token);
    set({ token, endedBy: "nobody" });
  },
  signOut(by) {
    hold(TOKEN, null);
    hold(ACCOUNT, null);
    set({ token: null, account: null, endedBy: by });
  },
  chooseAccount(account) {
    hold(ACCOUNT, account);
    set({ account });
  },
}));

export function tokenNow(): string | null {
  const { token } = useSession.getState();
  const expiry = token === null ? null : expiryOf(token);
  // One that has ended is not sent: the answer is known.
  return expiry !== null && expiry <= Date.now() ? null : token;
}

function held(key: string): string | null {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function hold(key: string, value: string | null): void {
  try {
    if (value === null) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, value);
  } catch {
    // A browser without storage: signed in until the page is loaded anew.
  }
}
