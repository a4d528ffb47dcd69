/** Which table a step is about: whose columns its fields and conditions can name. */

import { type Drawing, type FlowNode, isTrigger } from "./drawing";

const TABLES: Readonly<Record<string, string>> = { lead: "leads", conversation: "conversations" };

export function tableOf(node: FlowNode, drawing: Drawing): string | null {
  const { table, event_source: source, record } = node.config;
  if (node.type === "logic-wait") return waitTable(node);
  if (typeof table === "string" && table !== "") return table;
  if (typeof source === "string" && source !== "") return TABLES[source] ?? source;
  if (isTrigger(node) && typeof record === "string") return TABLES[record] ?? null;
  const trigger = drawing.nodes.find(isTrigger);
  return trigger === undefined || trigger === node ? null : tableOf(trigger, { nodes: [], edges: [] });
}

/** A reply is a message; else it is the record. */
function waitTable({ config }: FlowNode): string {
  if (config["wait_for"] === "reply") return "messages";
  return config["record"] === "conversation" ? "conversations" : "leads";
}
