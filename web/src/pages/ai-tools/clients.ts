/** What goes into the settings of the programs that call tools; docs/ai-tools.md has the same. */

export const CLIENTS = ["claudeCode", "file", "stdio"] as const;
export type Client = (typeof CLIENTS)[number];

const KEY = "aut_…";

export function mcpAddress(origin: string): string {
  return `${origin}/mcp`;
}

export function readClient(text: string): Client {
  return CLIENTS.find((client) => client === text) ?? "claudeCode";
}

export function configOf(client: Client, origin: string): string {
  const url = mcpAddress(origin);
  switch (client) {
    case "claudeCode":
      return `claude mcp add --transport http automations ${url} --header "Authorization: Bearer ${KEY}"`;
    case "file":
      return JSON.stringify({ mcpServers: { automations: { type: "http", url, headers: { Authorization: `Bearer ${KEY}` } } } }, null, 2);
    case "stdio":
      return "automations mcp --print-config";
  }
}
