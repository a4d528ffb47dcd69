/** Tabs of the same browser share a sign-in: a new one asks the others, and all of them end together. */

import { useSession } from "./store";

type Message = { kind: "ask" } | { kind: "token"; token: string; account: string | null } | { kind: "out" };

const WAIT = 300;

/** Resolves once it is known whether another tab is signed in. */
export function shareWithTabs(): Promise<void> {
  if (typeof BroadcastChannel === "undefined") return Promise.resolve();
  const channel = new BroadcastChannel("automations.session");
  const send = (message: Message) => channel.postMessage(message);

  return new Promise((resolve) => {
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      const { token, account, signIn, signOut, chooseAccount } = useSession.getState();
      switch (data.kind) {
        case "ask":
          if (token !== null) send({ kind: "token", token, account });
          break;
        case "token":
          if (token === null) {
            signIn(data.token);
            if (data.account !== null) chooseAccount(data.account);
          }
          resolve();
          break;
        case "out":
          if (token !== null) signOut("person");
          break;
      }
    };
    useSession.subscribe((now, before) => {
      if (before.token !== null && now.token === null && now.endedBy === "person") send({ kind: "out" });
    });
    if (useSession.getState().token !== null) {
      resolve();
      return;
    }
    send({ kind: "ask" });
    setTimeout(resolve, WAIT);
  });
}
