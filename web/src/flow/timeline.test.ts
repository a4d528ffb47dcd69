import { describe, expect, it } from "vitest";

import { readRecords } from "./runRecord";
import { flow } from "./testFlows";
import { roomFor, timelineOf } from "./timeline";

const FLOW = flow("start>set", "set>send", "send>stop");
const at = (second: number) => new Date(second * 1_000).toISOString();

describe("a timeline", () => {
  it("has bars by time, with what was waited for before them", () => {
    const records = readRecords([
      { node_id: "start", status: "completed", started_at: null },
      { node_id: "find", status: "completed", started_at: at(1), duration_ms: 9, from_run: "earlier" },
      { node_id: "send", type: "logic-wait", status: "completed", started_at: at(18), duration_ms: 0 },
      { node_id: "set", status: "completed", started_at: at(10), duration_ms: 2_000 },
      { node_id: "stop", status: "waiting", started_at: at(18) },
    ]);
    const { bars, milliseconds } = timelineOf(FLOW, records, 10_000, 20_000);
    expect(milliseconds).toBe(10_000);
    expect(bars.map(({ place, from, length, wait }) => ({ place, from, length, wait }))).toEqual([
      { place: "/set", from: 0, length: 20, wait: null },
      { place: "/send", from: 80, length: 0, wait: { from: 20, length: 60, milliseconds: 6_000 } },
      { place: "/stop", from: 80, length: 20, wait: null },
    ]);
  });

  it("is empty where nothing has a time", () => {
    expect(timelineOf(FLOW, [], 1_000, 1_000)).toEqual({ bars: [], milliseconds: 1 });
  });

  it("is labelled where there is room", () => {
    const wait = (from: number) => ({ from, length: 1, milliseconds: 1 });
    expect([{ from: 0, length: 20, wait: null }, { from: 90, length: 10, wait: null }, { from: 0, length: 100, wait: null }, { from: 90, length: 1, wait: wait(5) }].map(roomFor)).toEqual([
      ...["after", "before", "over", "over"],
    ]);
  });
});
