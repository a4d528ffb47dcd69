import { describe, expect, it } from "vitest";

import { parseDrawing } from "./drawing";
import { tableOfTrigger, withNewest } from "./newestRows";
import type { Samples } from "./outputs";

const drawing = (type: string, config: Record<string, string>) => parseDrawing([{ id: "t", type, position: { x: 0, y: 0 }, data: { config } }], []);
const LEAD = drawing("trigger-event", { event_source: "lead", event_type: "UPDATE" });
const ADA = { id: "1", name: "Ada", status: "won", owner_id: "o" };

describe("the newest row", () => {
  it("is of what the trigger is about", () => {
    expect(tableOfTrigger(LEAD)).toBe("leads");
    expect(tableOfTrigger(drawing("trigger-event", { event_source: "conversation" }))).toBe("conversations");
    expect(tableOfTrigger(drawing("trigger-event", { event_source: "public.orders" }))).toBeNull();
    expect(tableOfTrigger(drawing("trigger-manual", {}))).toBeNull();
  });

  it("stands in the samples instead of the invented one", () => {
    const sample = { event: "UPDATE", new: { name: "X", status: "new" }, old: null, previous: { name: "X", status: "before" } };
    const samples: Samples = new Map([["t", { out: sample }]]);
    expect(withNewest(samples, LEAD, ADA).get("t")).toEqual({ out: { event: "UPDATE", new: ADA, old: null, previous: { ...ADA, status: "before" } } });
    expect(withNewest(samples, LEAD, null)).toBe(samples);
    expect(withNewest(new Map(), LEAD, ADA)).toEqual(new Map());
  });

  it("is what a deleted one was", () => {
    const samples: Samples = new Map([["t", { out: { event: "DELETE", new: null, old: { name: "X" } } }]]);
    expect(withNewest(samples, LEAD, ADA).get("t")).toEqual({ out: { event: "DELETE", new: null, old: ADA } });
  });
});
