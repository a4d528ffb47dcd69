import { describe, expect, it } from "vitest";

import { addAt, at, parseCondition, replaceAt, writeCondition } from "./conditionTree";
import { conditionInWords } from "./conditionWords";
import { type JsonObject, parseDrawing } from "./drawing";
import { summaryOf } from "./summaries";
import { triggerInWords } from "./triggerWords";
import { namesIn, variableInWords } from "./variableWords";

describe("triggers in words", () => {
  const cases: [string, JsonObject, string][] = [
    ["event", { event_source: "lead", event_type: "INSERT" }, "When a lead is created"],
    ["event", { event_source: "lead", event_type: "UPDATE", watch: ["stage", "owner_id"] }, "When the stage and owner id of a lead change"],
    [
      "event",
      { event_source: "lead", event_type: "UPDATE", conditions: { field: "new.stage", operator: "changed", to: "won" } },
      "When a lead’s stage becomes won",
    ],
    ["event", { event_source: "orders", event_type: "any" }, "When an order is created, changed or deleted"],
    ["event", { event_source: "webhook", event_type: "RECEIVED" }, "When its webhook is called"],
    ["trigger-webhook", {}, "When its webhook is called"],
    ["manual", { record: "lead" }, "Started by hand on a lead"],
    ["manual", {}, "Started by hand"],
    ["ai_tool", { tool_name: "find_lead" }, "Called by AI as find_lead"],
    ["trigger-ai-tool", {}, "Called by AI as a tool"],
    ["schedule", { cron: "0 9 * * 1" }, "Mondays at 09:00"],
    ["schedule", { cron: "30 7 * * 1-5", timezone: "Europe/Berlin" }, "Weekdays at 07:30 (Europe/Berlin)"],
    ["schedule", { cron: "*/15 * * * *" }, "Every 15 minutes"],
    ["schedule", { cron: "0 0 1 * *" }, "Monthly on the 1st at 00:00"],
    ["schedule", { cron: "0 9 * 3 1" }, "By schedule 0 9 * 3 1"],
    ["schedule", { kind: "every", amount: 1, unit: "hours" }, "Every hour"],
    ["schedule", { kind: "every", amount: 2, unit: "days" }, "Every 2 days"],
    ["schedule", { kind: "weekly", weekdays: ["monday", "friday"], times: ["09:00"] }, "Mondays and Fridays at 09:00"],
    ["schedule", { kind: "monthly", days: [1, -1], times: ["08:00", "12:00"] }, "Monthly on the 1st and the last day at 08:00 and 12:00"],
    ["schedule", {}, "By a schedule"],
    ["event", {}, "No trigger yet"],
  ];
  it.each(cases)("%s %j", (type, config, said) => expect(triggerInWords(type, config)).toBe(said));
});

describe("conditions", () => {
  const tree = {
    all: [
      { field: "trigger.new.score", operator: "greater_than", value: 50 },
      { any: [{ field: "new.tags", operator: "contains", value: "vip" }, { not: { field: "vars.tier", operator: "is_empty" } }] },
    ],
  };

  it("are said in words", () => {
    expect(conditionInWords(tree)).toBe("score > 50 and (tags contains vip or not (vars.tier is empty))");
    expect(conditionInWords({ all: [] })).toBe("always");
    expect(conditionInWords({ field: "new.stage", operator: "in", value: ["a", "b"] })).toBe("stage is one of a, b");
    expect(conditionInWords({ field: 3 })).toBeNull();
    expect(conditionInWords(undefined)).toBeNull();
  });

  it("are changed as trees", () => {
    const parsed = parseCondition(tree);
    if (parsed === null) throw new Error("it is one");
    expect(writeCondition(parsed)).toEqual(tree);
    const leaf = at(parsed, [1, 0]);
    expect(leaf).toMatchObject({ field: "new.tags" });
    expect(replaceAt(parsed, [1, 1], null)).toMatchObject({ children: [{}, { kind: "any", children: [{ field: "new.tags" }] }] });
    expect(replaceAt(parsed, [], null)).toBeNull();
    const more = addAt(parsed, [], { kind: "leaf", field: "x", operator: "exists", rest: {} });
    expect(conditionInWords(writeCondition(more))).toMatch(/ and x is there$/);
    expect(addAt({ kind: "leaf", field: "x", operator: "exists", rest: {} }, [], more)).toMatchObject({ kind: "all" });
  });
});

describe("summaries", () => {
  const cases: [string, JsonObject, string | null][] = [
    ["action-send-message", { body: "Hello {{ trigger.new.first_name | upper }}!" }, "Hello [record’s first name]!"],
    ["action-update-record", { table: "leads", values: { stage: "won", score: 1 }, tags: {} }, "Set stage, score and tags of leads"],
    ["action-email", { to: "ada@acme.example", subject: "Hello" }, "“Hello” to ada@acme.example"],
    ["action-http", { url: "https://example.com" }, "GET https://example.com"],
    ["logic-wait", { wait_for: "reply", max_wait: { amount: 2, unit: "days" } }, "Until they reply, at most 2 days"],
    ["logic-delay", { amount: 1, unit: "hours" }, "Wait 1 hour"],
    ["logic-delay", { amount: 2 }, "Wait 2 hours"],
    ["logic-delay", {}, "Not set up yet"],
    ["logic-condition", {}, "Not set up yet"],
    ["logic-loop", { items: "{{ steps.open.records }}" }, "For each of records of “open”"],
    ["action-email", { to: ["{{ trigger.new.email }}", "ada@example.com"] }, "To record’s email and ada@example.com"],
    ["action-send-message", { body: "They said: {{ steps.wait_until.record.body }}" }, "They said: [body of “wait until”]"],
    ["trigger-event", { event_source: "lead", event_type: "INSERT" }, "When a lead is created"],
    ["trigger-event", { event_source: "orders" }, "Choose what happens to an order"],
    ["trigger-event", {}, "Not set up yet"],
    ["of-another-package", {}, null],
  ];
  it.each(cases)("%s %j", (type, config, said) => {
    const [node] = parseDrawing([{ id: "a", type, data: { config } }], []).nodes;
    expect(node && summaryOf(node)).toBe(said);
  });
});

describe("variables", () => {
  const start = (type: string, config: JsonObject) => [{ id: "start", type, data: { config } }, { id: "reply", type: "logic-wait", data: { label: "Wait for a reply" } }];
  const said = (nodes: readonly object[], ...paths: readonly string[]) => paths.map((path) => variableInWords(path, namesIn(parseDrawing(nodes, []))));

  it("are called by the record that starts the run, and by the name of their step", () => {
    const lead = start("trigger-event", { event_source: "lead" });
    expect(said(lead, "trigger.new", "trigger.old", "trigger.new.owner_id", "trigger.old.stage")).toEqual(["the lead", "the lead before", "lead’s owner", "lead’s stage before"]);
    expect(said(lead, "steps.reply.record.body", "steps.gone.count", "vars.tier")).toEqual(["body of “Wait for a reply”", "count of “gone”", "vars.tier"]);
  });

  it("of what nobody has chosen yet are called the record’s", () => {
    expect(said(start("trigger-manual", { record: "conversation" }), "trigger.new.channel")).toEqual(["conversation’s channel"]);
    for (const config of [{}, { event_source: "webhook" }, { record: "none" }]) expect(said(start("trigger-event", config), "trigger.new.name")).toEqual(["record’s name"]);
  });
});
