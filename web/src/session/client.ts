/** The API as whoever is signed in calls it. */

import { createApi } from "@/lib/api";
import { isId } from "@/lib/ids";
import { Obstacle } from "@/parts/problem";
import { partsTexts } from "@/texts/parts";

import { tokenNow, useSession } from "./store";

export const api = createApi(tokenNow);

api.use({
  onResponse({ request, response }) {
    // Of a token that was replaced meanwhile, a refusal says nothing.
    const sent = request.headers.get("Authorization");
    const { token, signOut } = useSession.getState();
    if (response.status === 401 && token !== null && (sent === null || sent === `Bearer ${token}`)) signOut("expiry");
    return undefined;
  },
});

/** What was answered. What was refused is thrown as an `ApiError`. */
export async function answer<T>(asked: Promise<{ data?: T }>): Promise<T> {
  const { data } = await asked;
  return data as T;
}

/** As `answer`, of one that is asked for by its id: what is no id is nobody's. */
export function answerOf<T>(kind: keyof typeof partsTexts.missing.titles, id: string, ask: () => Promise<{ data?: T }>): Promise<T> {
  const { titles, text } = partsTexts.missing;
  return isId(id) ? answer(ask()) : Promise.reject(new Obstacle({ title: titles[kind], text }));
}
