/** Who belongs to an account: for templates, and beside what they did. */

import { useQuery } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { listKeys } from "@/lib/list-keys";
import { type KnownPeople, nameOf, starterOf } from "@/parts/people";

import { useMe } from "./accounts";
import { answer, api } from "./client";
import { automationsTexts } from "@/texts/automations";

const texts = automationsTexts.people;
const MOST = 200;
const SELDOM = 300_000;
/** Until the server has said it. */
export const NOT_YET: KnownPeople = new Map();

export interface Person {
  readonly value: string;
  readonly label: string;
}

/** Of one account; null: of all that are reached. */
export function useKnownPeople(account: string | null): KnownPeople {
  const { data } = useQuery({
    queryKey: listKeys.people(account),
    queryFn: () => answer(api.GET("/api/v1/people", { params: { query: { account } } })),
    select: byId,
    staleTime: SELDOM,
  });
  return data ?? NOT_YET;
}

function byId({ items }: components["schemas"]["People"]): KnownPeople {
  return new Map(items.map((one) => [one.id, one]));
}

/** Where the team is managed elsewhere, those whom the database knows by name are all that there are. */
export function peopleOf(me: string | null, account: string, members: readonly { id: string; role: string }[], known: KnownPeople): Person[] {
  const isOther = (id: string) => id !== me && id !== account;
  const others = members.filter(({ id }) => isOther(id));
  const listed = new Set(others.map(({ id }) => id));
  const unlisted = [...known.keys()].filter((id) => isOther(id) && !listed.has(id));
  return [
    ...(me === null ? [] : [{ value: me, label: texts.you }]),
    ...(account === me ? [] : [{ value: account, label: nameOf(known, account) ?? texts.owner }]),
    ...others.map(({ id, role }) => ({ value: id, label: nameOf(known, id) ?? texts.member(role, id) })),
    ...unlisted.map((id) => ({ value: id, label: nameOf(known, id) ?? id })),
  ];
}

export function usePeople(account: string): Person[] {
  const me = useMyId();
  const known = useKnownPeople(account);
  const { data: team } = useQuery({
    queryKey: listKeys.team(account),
    queryFn: async () => (await answer(api.GET("/api/v1/team", { params: { query: { account, limit: MOST } } }))).items,
    retry: false,
  });
  return peopleOf(me, account, team ?? [], known);
}

/** Says of a run who or what started it. */
export function useStarterOf(account: string): (run: Parameters<typeof starterOf>[0]) => string {
  const me = useMyId();
  const known = useKnownPeople(account);
  return (run) => starterOf(run, me, known);
}

/** A key acts as the account and is nobody. */
function useMyId(): string | null {
  const { data: me } = useMe();
  return me === undefined || me.key !== null ? null : me.user_id;
}
