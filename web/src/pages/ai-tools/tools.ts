import { isObject } from "@/flow/drawing";
import { type Field, fieldsOf } from "@/flow/formFields";

export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly fields: readonly Field[];
}

/** The definition that MCP has; null: it is none. */
export function readTool(item: unknown): Tool | null {
  if (!isObject(item) || typeof item["name"] !== "string") return null;
  const { description } = item;
  return {
    name: item["name"],
    description: typeof description === "string" ? description : "",
    fields: fieldsOf(item["inputSchema"], false),
  };
}
