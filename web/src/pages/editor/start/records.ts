import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { RecordKind } from "@/flow/inputForm";
import { fullTime } from "@/parts/time";
import { answer, api } from "@/session/client";
import { editorTestTexts } from "@/texts/editor-test";

export interface Choice {
  readonly value: string;
  readonly label: string;
}

const MOST = 30;
const texts = editorTestTexts.record;

/** Leads by what is typed; of conversations the newest: they have no names. */
export function useRecords(account: string, kind: RecordKind, search: string): readonly Choice[] {
  const { data } = useQuery({
    queryKey: [kind === "lead" ? "leads" : "conversations", account, "choices", kind === "lead" ? search : ""],
    queryFn: () => (kind === "lead" ? leads(account, search) : conversations(account)),
    placeholderData: keepPreviousData,
  });
  return data ?? [];
}

async function leads(account: string, search: string): Promise<Choice[]> {
  const query = { account, limit: MOST, ...(search === "" ? {} : { search }) };
  const { items } = await answer(api.GET("/api/v1/leads", { params: { query } }));
  return items.map((one) => ({ value: one.id, label: one.name ?? one.email ?? `${texts.noName} (${one.id.slice(0, 8)})` }));
}

async function conversations(account: string): Promise<Choice[]> {
  const { items } = await answer(api.GET("/api/v1/conversations", { params: { query: { account, limit: MOST } } }));
  return items.map((one) => ({
    value: one.id,
    label: texts.conversationOf(one.channel ?? texts.noName, one.created_at === null || one.created_at === undefined ? one.id.slice(0, 8) : fullTime(new Date(one.created_at))),
  }));
}
