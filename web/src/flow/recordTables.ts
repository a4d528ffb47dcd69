/** Which table a step is about: whose columns its fields and conditions can name. */

import type { Column } from "./conditionFields";
import { type Drawing, EMPTY_DRAWING, type FlowNode, isTrigger, type JsonObject } from "./drawing";

const TABLES: Readonly<Record<string, string>> = { lead: "leads", conversation: "conversations" };

export function tableOf(node: FlowNode, drawing: Drawing): string | null {
  const { table, event_source: source, record } = node.config;
  if (node.type === "logic-wait") return waitTable(node);
  if (typeof table === "string" && table !== "") return table;
  if (typeof source === "string" && source !== "") return TABLES[source] ?? source;
  if (isTrigger(node) && typeof record === "string") return TABLES[record] ?? null;
  const trigger = drawing.nodes.find(isTrigger);
  return trigger === undefined || trigger === node ? null : tableOf(trigger, EMPTY_DRAWING);
}

/** A reply is a message; else it is the record. */
function waitTable({ config }: FlowNode): string {
  if (config["wait_for"] === "reply") return "messages";
  return config["record"] === "conversation" ? "conversations" : "leads";
}

/** Those that every installation has; a database may have more. */
export const OWN_TABLES = ["leads", "conversations", "messages"] as const;

const OWN_COLUMNS: Readonly<Record<string, readonly string[]>> = {
  leads: ["id", "user_id", "agent_id", "name", "email", "phone", "status", "stage", "score", "owner_id", "tags", "data", "created_at", "updated_at"],
  conversations: ["id", "user_id", "agent_id", "lead_id", "channel", "status", "created_at", "updated_at"],
  messages: ["id", "user_id", "conversation_id", "lead_id", "direction", "sender_type", "channel", "body", "status", "execution_id", "created_at"],
};
/** Filled in by the database: they can be asked about, not written. */
const GIVEN = new Set(["id", "user_id", "created_at", "updated_at"]);

/** With samples from a row where there is one; columns of one's own are in it, too. */
export function columnsOf(table: string | null, row: JsonObject | null, watched: readonly string[] = []): Column[] {
  const names = [...new Set([...(OWN_COLUMNS[table ?? ""] ?? []), ...watched, ...Object.keys(row ?? {})])];
  return names.map((name) => ({ name, sample: row?.[name] ?? null }));
}

export function writableColumns(columns: readonly Column[]): string[] {
  return columns.map((column) => column.name).filter((name) => !GIVEN.has(name));
}
