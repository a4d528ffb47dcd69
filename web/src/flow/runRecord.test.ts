import { describe, expect, it } from "vitest";

import { awaitedBy, merged, placeOf,  leftOut, readRecords, roundOf, settled } from "./runRecord";

const AT = "2026-11-27T00:27:34.000Z";

describe("the record of a run", () => {
  it("is read with what it has", () => {
    const written = {
      ...{ key: "each:1/bad", node_id: "bad", scope: "each:1", label: "Call", type: "action-http", status: "failed", attempt: 2 },
      ...{ started_at: AT, duration_ms: 70.5, error: { message: "no" }, handle: "error", input: { url: "x" }, output: null, sample: true },
    };
    expect(readRecords([written, { truncated: true, left_out: 3 }, null])).toEqual([
      {
        ...{ nodeId: "bad", scope: "each:1", name: "Call", type: "action-http", state: "failed", startedAt: Date.parse(AT), milliseconds: 70.5 },
        ...{ attempt: 2, error: "no", handle: "error", input: { url: "x" }, output: null, answeredBy: "sample", fromRun: null },
      },
    ]);
    expect([leftOut([written, { truncated: true, left_out: 3 }]), leftOut([written])]).toEqual([3, 0]);
  });

  it("knows best at the end", () => {
    const underWay = readRecords([
      { node_id: "each", status: "looping" },
      { node_id: "call", scope: "each:0", status: "waiting" },
      { node_id: "call", status: "running" },
      { node_id: "ask", scope: "each:0/in:4", status: "completed" },
    ]);
    const atEnd = readRecords([{ node_id: "start", status: "completed" }, { node_id: "each", status: "completed" }, { node_id: "call", status: "completed" }]);
    const all = merged(underWay, atEnd);
    expect(all.map((record) => [placeOf(record), record.state, roundOf(record)])).toEqual([
      ["/start", "completed", null],
      ["/each", "completed", null],
      ["each:0/call", "waiting", 1],
      ["each:0/in:4/ask", "completed", 5],
      ["/call", "completed", null],
    ]);
    expect(merged(underWay, []).map(placeOf)).toEqual(["/each", "each:0/call", "each:0/in:4/ask", "/call"]);
    expect(settled(all, "completed").map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => "completed"));
    expect(settled(all, "failed").map(({ state }) => state)).toEqual(["completed", "completed", "cancelled", "completed", "completed"]);
    expect(settled(all, "running")).toEqual(all);
  });

  it("says what is waited for", () => {
    const [waits] = readRecords([{ node_id: "wait", status: "waiting", output: { for: "reply:lead:1", until: AT } }]);
    const [done] = readRecords([{ node_id: "wait", status: "completed", output: { for: "reply:lead:1" } }]);
    expect(waits && awaitedBy(waits)).toEqual({ until: Date.parse(AT), signal: "reply:lead:1" });
    expect(done && awaitedBy(done)).toBeNull();
  });
});
