import { useQuery } from "@tanstack/react-query";

import { answer, api } from "@/session/client";
import { triggerTexts } from "@/texts/triggers";

const texts = triggerTexts.pick;
const MOST = 20;
const MOST_AUTOMATIONS = 200;

export interface Option {
  readonly value: string;
  readonly label: string;
  /** In smaller letters behind it. */
  readonly note: string;
}

export interface Found {
  readonly options: readonly Option[];
  readonly isLoading: boolean;
}

export type Finder = (account: string, search: string, isOpen: boolean) => Found;

interface Named {
  readonly id: string;
  readonly name?: string | null | undefined;
}

export function useLeads(account: string, search: string, isOpen: boolean): Found {
  const { data, isLoading } = useQuery({
    queryKey: ["pick", "leads", account, search],
    queryFn: async () => {
      const query = { account, limit: MOST, ...(search === "" ? {} : { search }) };
      return (await answer(api.GET("/api/v1/leads", { params: { query } }))).items;
    },
    enabled: isOpen && account !== "",
  });
  return { isLoading, options: (data ?? []).map((lead) => ({ value: lead.id, label: nameOf(lead), note: lead.email ?? "" })) };
}

/** Conversations have no names: the newest, with whom they are. */
export function useConversations(account: string, search: string, isOpen: boolean): Found {
  const leads = useLeads(account, search, isOpen);
  const { data, isLoading } = useQuery({
    queryKey: ["pick", "conversations", account],
    queryFn: async () => (await answer(api.GET("/api/v1/conversations", { params: { query: { account, limit: 100 } } }))).items,
    enabled: isOpen && account !== "",
  });
  const names = new Map(leads.options.map((lead) => [lead.value, lead.label]));
  const shown = (data ?? []).filter((one) => search === "" || names.has(one.lead_id ?? ""));
  return {
    isLoading: isLoading || leads.isLoading,
    options: shown.map((one) => ({
      value: one.id,
      label: texts.conversationOf(one.channel ?? "", names.get(one.lead_id ?? "") ?? one.id.slice(0, 8)),
      note: one.status ?? "",
    })),
  };
}

/** All of the account, but for the one that is drawn. */
export function useAutomations(account: string, own: string): Option[] {
  const { data } = useQuery({
    queryKey: ["pick", "automations", account],
    queryFn: async () => (await answer(api.GET("/api/v1/automations", { params: { query: { account, limit: MOST_AUTOMATIONS } } }))).items,
    enabled: account !== "",
  });
  return (data ?? [])
    .filter((one) => one.id !== own)
    .map((one) => ({ value: one.id, label: one.enabled && one.status === "active" ? one.name : texts.notLive(one.name), note: "" }));
}

/** The record that an id is of, where it is one: its name says more. */
export function useNameOf(kind: "lead" | "conversation", id: string): string | null {
  const { data } = useQuery({
    queryKey: ["pick", kind, "name", id],
    queryFn: async () => {
      if (kind === "lead") return nameOf(await answer(api.GET("/api/v1/leads/{lead_id}", { params: { path: { lead_id: id } } })));
      const found = await answer(api.GET("/api/v1/conversations/{conversation_id}", { params: { path: { conversation_id: id } } }));
      return texts.conversationOf(found.channel ?? "", found.id.slice(0, 8));
    },
    enabled: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id),
    retry: false,
  });
  return data ?? null;
}

function nameOf({ id, name }: Named): string {
  return name === undefined || name === null || name === "" ? texts.unnamed(id) : name;
}
