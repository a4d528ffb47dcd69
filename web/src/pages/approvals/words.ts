import { isObject, type Json } from "@/flow/drawing";
import { fieldsOf } from "@/flow/formFields";
import { approvalsTexts } from "@/texts/approvals";

import type { Approval } from "./queries";

export const WHICH = ["open", "mine", "all"] as const;
export type Which = (typeof WHICH)[number];

export function readWhich(text: string | null): Which {
  return WHICH.find((one) => one === text) ?? "open";
}

/** Open ones first, each part in the order in which it came. */
export function openFirst<T extends Pick<Approval, "status">>(approvals: readonly T[]): T[] {
  return [...approvals.filter(({ status }) => status === "pending"), ...approvals.filter(({ status }) => status !== "pending")];
}

type Decided = Pick<Approval, "decided_via" | "decided_by" | "decided_as">;

/** Null: nobody has decided. */
export function decider({ decided_via: via, decided_by: id, decided_as: address }: Decided, nameOf: (id: string) => string | undefined): string | null {
  const texts = approvalsTexts.drawer;
  switch (via) {
    case null:
      return null;
    case "operator":
      return texts.operator;
    case "token":
      return address === null ? texts.mailOnly : texts.mail(address);
    case "user":
      return id === null ? null : (nameOf(id) ?? texts.user(id));
  }
}

/** Whether somebody or something else was faster than whoever has the form before them. */
export function isOvertaken(opened: Approval["status"], now: Pick<Approval, "status" | "decided_by">, me: string | null): boolean {
  return opened === "pending" && now.status !== "pending" && (now.decided_by === null || now.decided_by !== me);
}

export interface Answered {
  readonly name: string;
  readonly title: string;
  readonly text: string;
}

/** What was filled in, as the form asked for it; what no field of it asks for comes last. */
export function answered({ form, answer }: Pick<Approval, "form" | "answer">): Answered[] {
  const given = isObject(answer) ? answer : {};
  const fields = fieldsOf(form, false).map(({ name, title }) => ({ name, title }));
  const others = Object.keys(given).filter((name) => fields.every((field) => field.name !== name));
  return [...fields, ...others.map((name) => ({ name, title: name }))]
    .filter(({ name }) => given[name] !== undefined && given[name] !== null)
    .map(({ name, title }) => ({ name, title, text: valueText(given[name] ?? null) }));
}

function valueText(value: Json): string {
  const { yes, no } = approvalsTexts.drawer;
  if (typeof value === "boolean") return value ? yes : no;
  if (Array.isArray(value)) return value.map(valueText).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
