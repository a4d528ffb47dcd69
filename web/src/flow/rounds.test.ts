import { describe, expect, it } from "vitest";

import { recordsShown, roundsOf } from "./rounds";
import { readRecords } from "./runRecord";
import { flow } from "./testFlows";

const NESTED = flow("start>loop", "loop:each>if", "loop:each>loop_2", "loop_2:each>send", "loop:done>set");

const record = (node_id: string, scope: string, status = "completed", more = {}) => ({ node_id, status, handle: status === "completed" ? "out" : null, ...(scope === "" ? {} : { scope }), ...more });
const RECORDS = readRecords([
  record("loop", "", "completed", { output: { count: 3 } }),
  record("if", "loop:0"),
  record("if", "loop:1"),
  record("loop_2", "loop:1", "looping", { input: { items: ["a", "b", "c", "d"] } }),
  record("send", "loop:1/loop_2:0"),
  record("send", "loop:1/loop_2:1", "failed"),
  record("if", "loop:2", "waiting"),
]);

describe("rounds of loops", () => {
  it("begin with the one that failed, inner ones within it", () => {
    expect(roundsOf(NESTED, RECORDS, new Map())).toEqual([
      {
        ...{ loop: "loop", scope: "", shown: 1, total: 3 },
        list: [{ number: 0, tone: "ok" }, { number: 1, tone: "failed" }, { number: 2, tone: "open" }],
      },
      { loop: "loop_2", scope: "loop:1", list: [{ number: 0, tone: "ok" }, { number: 1, tone: "failed" }], shown: 1, total: 4 },
    ]);
  });

  it("are chosen", () => {
    const rounds = roundsOf(NESTED, RECORDS, new Map([["loop", 2], ["loop_2", 0]]));
    expect(rounds.map(({ loop, shown }) => [loop, shown])).toEqual([["loop", 2]]);
    const shown = recordsShown(NESTED, RECORDS, rounds);
    expect([...shown].map(([id, { scope, state }]) => [id, scope, state])).toEqual([["loop", "", "completed"], ["if", "loop:2", "waiting"]]);
  });

  it("are none before a loop begins", () => {
    expect(roundsOf(NESTED, [], new Map())).toEqual([]);
  });
});
