/** Whom a template can name: people have ids here, and names where they sign in. */

import { useQuery } from "@tanstack/react-query";

import { listKeys } from "@/lib/list-keys";

import { useMe } from "./accounts";
import { answer, api } from "./client";
import { automationsTexts } from "@/texts/automations";

const texts = automationsTexts.people;
const MOST = 200;

export interface Person {
  readonly value: string;
  readonly label: string;
}

export function peopleOf(me: string | null, account: string, members: readonly { id: string; role: string }[]): Person[] {
  const others = members.filter(({ id }) => id !== me && id !== account);
  return [
    ...(me === null ? [] : [{ value: me, label: texts.you }]),
    ...(account === me ? [] : [{ value: account, label: texts.owner }]),
    ...others.map(({ id, role }) => ({ value: id, label: texts.member(role, id) })),
  ];
}

export function usePeople(account: string): Person[] {
  const { data: me } = useMe();
  const { data: team } = useQuery({
    queryKey: listKeys.team(account),
    queryFn: async () => (await answer(api.GET("/api/v1/team", { params: { query: { account, limit: MOST } } }))).items,
    retry: false,
  });
  const own = me === undefined || me.key !== null ? null : me.user_id;
  return peopleOf(own, account, team ?? []);
}
