import { describe, expect, it } from "vitest";

import { fieldsOf } from "./formFields";
import { afterChoice, isNeeded, isShown, layoutOf, limitsOf, ruleKey, widgetOf } from "./stepForm";

const form = (...names: string[]) => fieldsOf({ type: "object", properties: Object.fromEntries(names.map((name) => [name, { type: "string" }])) });
const names = (fields: readonly { name: string }[]) => fields.map((field) => field.name);

describe("the form of a step", () => {
  it("shows what counts for what is chosen, and whatever has a value", () => {
    const fields = form("mode", "amount", "unit", "date", "time", "timezone", "if_past");
    const shown = (config: Record<string, string>) => names(layoutOf("logic-delay", fields, config).main);
    expect(shown({})).toEqual(["mode", "amount", "unit"]);
    expect(shown({ mode: "date" })).toEqual(["mode", "date", "timezone"]);
    expect(shown({ mode: "date", time: "09:00" })).toEqual(["mode", "date", "time", "timezone"]);
    expect(names(layoutOf("logic-delay", fields, { mode: "date" }).more)).toEqual(["if_past"]);
    expect(isShown("action-update-record", "assign.to", undefined, { mode: "{{ vars.mode }}" })).toBe(true);
    expect(isShown("action-update-record", "assign.to", undefined, { mode: "round_robin" })).toBe(false);
  });

  it("leaves nothing behind that counts for another choice alone", () => {
    const was = { mode: "date", amount: 2, unit: "days", date: "2026-05-01", timezone: "Europe/Berlin" };
    expect(afterChoice("logic-delay", was, "mode")).toEqual({ mode: "date", date: "2026-05-01", timezone: "Europe/Berlin" });
    expect(afterChoice("logic-delay", { amount: 2, date: "2026-05-01" }, "mode")).toEqual({ amount: 2 });
    expect(afterChoice("logic-delay", was, "date")).toEqual(was);
    expect(afterChoice("logic-wait", { wait_for: "reply", condition: { field: "new.x" }, signal: "paid" }, "wait_for")).toEqual({ wait_for: "reply", condition: { field: "new.x" } });
    expect(afterChoice("action-http", { body_type: "none", body: "kept" }, "body_type")).toEqual({ body_type: "none", body: "kept" });
  });

  it("needs what is needed for what is chosen", () => {
    const needed = (config: Record<string, string>) => ["amount", "date", "time"].filter((name) => isNeeded("logic-delay", name, config));
    expect([needed({}), needed({ mode: "date" }), needed({ mode: "weekday" }), needed({ mode: "{{ vars.mode }}" })]).toEqual([["amount"], ["date"], [], []]);
    expect([isNeeded("action-email", "text", {}), isNeeded("action-email", "text", { html: "<p>" }), isNeeded("their-step", "text", {})]).toEqual([true, false, false]);
  });

  it("has the limits of a trigger apart", () => {
    const fields = form("cron", "concurrency", "missed_at_most");
    expect(names(layoutOf("trigger-schedule", fields, {}).main)).toEqual(["cron"]);
    expect(names(limitsOf("trigger-schedule", fields, {}))).toEqual(["concurrency"]);
    expect(names(layoutOf("their-step", fields, {}).main)).toEqual(["cron", "concurrency", "missed_at_most"]);
  });

  it("knows what to choose from where the schema does not", () => {
    const [field] = form("lead_id");
    if (field === undefined) throw new Error("there is one");
    expect(widgetOf("action-send-message", ruleKey(["lead_id"]), field)).toBe("lead");
    expect(widgetOf("their-step", "lead_id", field)).toBeNull();
    expect(widgetOf("transform-aggregate", ruleKey(["figures", "total", "field"]), field)).toBe("item_path");
    expect(isShown("transform-aggregate", "figures.total.separator", undefined, { operation: "sum" })).toBe(false);
    expect(ruleKey(["cases", 0, "id"])).toBe("cases.id");
  });
});
