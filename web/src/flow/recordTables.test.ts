import { describe, expect, it } from "vitest";

import { configured } from "./testFlows";
import { columnsOf, tableOf, writableColumns } from "./recordTables";

describe("the table that a step is about", () => {
  const of = (id: string, configs: Record<string, Record<string, string>>) => {
    const drawing = configured(configs, "start>find", "find>send");
    const node = drawing.nodes.find((one) => one.id === id);
    return node === undefined ? null : tableOf(node, drawing);
  };

  it("is its own, else that of the trigger", () => {
    expect(of("find", { find: { table: "messages" } })).toBe("messages");
    expect(of("start", { start: { event_source: "lead" } })).toBe("leads");
    expect(of("start", { start: { event_source: "orders" } })).toBe("orders");
    expect(of("send", { start: { event_source: "conversation" } })).toBe("conversations");
    expect(of("send", {})).toBeNull();
  });

  it("has the columns that its rows have", () => {
    const columns = columnsOf("leads", { name: "Ada", plan: "gold" });
    expect(columns.find((column) => column.name === "name")?.sample).toBe("Ada");
    expect(writableColumns(columns)).toEqual(expect.arrayContaining(["name", "stage", "plan"]));
    expect(writableColumns(columns)).not.toContain("id");
    expect(columnsOf("orders", null)).toEqual([]);
    expect(columnsOf("orders", null, ["id", "paid"]).map((column) => column.name)).toEqual(["id", "paid"]);
  });
});
