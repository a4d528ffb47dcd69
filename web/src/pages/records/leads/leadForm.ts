/** A lead as its form has it, and what is sent of it. */

import { recordsTexts } from "@/texts/records";

import type { Lead, LeadColumns } from "@/pages/records/queries";

export interface LeadValues {
  readonly name: string;
  readonly email: string;
  readonly phone: string;
  readonly stage: string;
  readonly status: string;
  readonly owner: string | null;
  readonly score: number | null;
  readonly tags: readonly string[];
}

const texts = recordsTexts.lead;
const TEXTS = ["name", "email", "phone", "stage", "status"] as const;
export const EMPTY: LeadValues = { name: "", email: "", phone: "", stage: "", status: "", owner: null, score: null, tags: [] };

export function valuesOf(lead: Lead): LeadValues {
  const [name, email, phone, stage, status] = TEXTS.map((one) => lead[one] ?? "");
  return { ...EMPTY, name: name ?? "", email: email ?? "", phone: phone ?? "", stage: stage ?? "", status: status ?? "", owner: lead.owner_id ?? null, score: lead.score ?? null, tags: lead.tags ?? [] };
}

/** Only what differs: else a save would undo what a run has changed meanwhile. */
export function changesOf(before: LeadValues, now: LeadValues): LeadColumns {
  const changes: LeadColumns = {};
  for (const one of TEXTS) {
    const text = now[one].trim();
    if (text !== before[one].trim()) changes[one] = text === "" ? null : text;
  }
  if (now.owner !== before.owner) changes.owner_id = now.owner;
  if (now.score !== before.score) changes.score = now.score;
  if (JSON.stringify(now.tags) !== JSON.stringify(before.tags)) changes.tags = [...now.tags];
  return changes;
}

/** After somebody or something else has changed the lead: what was typed stays, the rest is as it is now. */
export function takenOver(before: LeadValues, typed: LeadValues, now: LeadValues): LeadValues {
  const names = Object.keys(EMPTY) as (keyof LeadValues)[];
  const kept = names.filter((one) => JSON.stringify(typed[one]) !== JSON.stringify(before[one]));
  return { ...now, ...Object.fromEntries(kept.map((one) => [one, typed[one]])) };
}

/** What keeps it from being sent, by field. */
export function problemsOf({ name, email }: LeadValues): { name?: string; email?: string } {
  const mail = email.trim();
  return {
    ...(name.trim() === "" && mail === "" ? { name: texts.nameOrMail } : {}),
    ...(mail !== "" && !/^[^\s@]+@[^\s@]+$/.test(mail) ? { email: texts.notMail } : {}),
  };
}

export function leadName(lead: Pick<Lead, "id" | "name" | "email" | "phone">): string {
  return lead.name || lead.email || lead.phone || `${recordsTexts.noName} (${lead.id.slice(0, 8)})`;
}
