import { describe, expect, it } from "vitest";

import { CLIENTS, configOf, readClient } from "./clients";
import { readTool } from "./tools";

describe("AI tools", () => {
  it("are read from what MCP says of them", () => {
    const inputSchema = { type: "object", properties: { who: { type: "string" }, most: { type: "integer" } }, required: ["who"] };
    const tool = readTool({ name: "find_lead", description: "Finds.", inputSchema });
    expect([tool?.name, tool?.description, tool?.fields.map(({ name, isRequired }) => [name, isRequired])]).toEqual([
      "find_lead",
      "Finds.",
      [
        ["who", true],
        ["most", false],
      ],
    ]);
    expect([readTool(null), readTool({ description: "x" }), readTool({ name: "x" })?.fields]).toEqual([null, null, []]);
  });

  it("are reached at the address of the page", () => {
    const [command, file] = CLIENTS.map((client) => configOf(client, "https://a.example"));
    expect(command).toBe('claude mcp add --transport http automations https://a.example/mcp --header "Authorization: Bearer aut_…"');
    expect(JSON.parse(file ?? "")).toEqual({
      mcpServers: { automations: { type: "http", url: "https://a.example/mcp", headers: { Authorization: "Bearer aut_…" } } },
    });
    expect([readClient("stdio"), readClient("x")]).toEqual(["stdio", "claudeCode"]);
  });
});
