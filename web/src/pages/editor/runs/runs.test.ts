import { describe, expect, it } from "vitest";

import { recordsShown, roundsOf } from "@/flow/rounds";
import { readRecords } from "@/flow/runRecord";
import { CATALOGUE, flow } from "@/flow/testFlows";

import { callerOf, calledRun } from "./calls";
import { askedFor, readFilters, writeFilters } from "./filters";
import { runMarks } from "./runMarks";
import { approvalPath, awaitedInWords, momentInWords, signalInWords, signalName } from "./waitWords";

const NOW = new Date(2026, 10, 27, 12, 0);
const FLOW = flow("start>if", "if:true>send", "if:false>set", "send:error>stop");
const shown = (records: readonly object[], isOpen: boolean) => {
  const read = readRecords(records);
  const rounds = roundsOf(FLOW, read, new Map());
  return { records: recordsShown(FLOW, read, rounds), rounds, isOpen, hasBegun: true };
};

describe("a run on the canvas", () => {
  it("has ended: each step and line says how", () => {
    const marks = runMarks(FLOW, CATALOGUE, shown([
      { node_id: "start", status: "completed", attempt: 0, handle: "out" },
      { node_id: "if", status: "completed", handle: "true", duration_ms: 3 },
      { node_id: "send", status: "failed", handle: "error", duration_ms: 1_500, attempt: 2 },
      { node_id: "set", status: "skipped", attempt: 0 },
      { node_id: "stop", status: "completed", sample: true, from_run: "r" },
    ], false), NOW);
    expect(Object.fromEntries(marks.nodes)).toEqual({
      start: { tone: "ok" },
      if: { tone: "ok", text: "3 ms" },
      send: { tone: "failed", text: "2 tries · 1.5 s" },
      set: { tone: "idle" },
      stop: { tone: "ok", text: "sample · from the run before" },
    });
    expect(Object.fromEntries(marks.edges)).toEqual({
      "start-if": { tone: "ok" },
      "if-true-send": { tone: "ok" },
      "if-false-set": { tone: "idle" },
      "send-error-stop": { tone: "failed" },
    });
  });

  it("goes on: what is not decided has no mark", () => {
    const until = new Date(2026, 10, 27, 14, 30).toISOString();
    const marks = runMarks(FLOW, CATALOGUE, shown([{ node_id: "if", status: "waiting", output: { until, for: "reply:lead:1" } }], true), NOW);
    expect([...marks.nodes]).toEqual([["start", { tone: "ok" }], ["if", { tone: "waiting", text: `for a reply, until ${momentInWords(Date.parse(until), NOW)}` }]]);
    expect([...marks.edges]).toEqual([["start-if", { tone: "ok" }]]);
  });
});

describe("words about a run", () => {
  it("say what it waits for", () => {
    expect(["reply:lead:1", "run:2", "approval:3", "signal:paid@4", "change:leads:5", null].map(signalInWords)).toEqual([
      ...["for a reply", "for the end of another run", "for an approval", "for the signal “paid”", "for a change", null],
    ]);
    expect([signalName("signal:paid@4"), signalName("reply:1"), signalName(null)]).toEqual(["paid", null, null]);
    expect([approvalPath("approval:3"), approvalPath("reply:1"), approvalPath(null)]).toEqual(["/approvals?approval=3", null, null]);
    expect(awaitedInWords({ until: new Date(2026, 10, 28, 9, 5).getTime(), signal: null }, true, NOW)).toMatch(/^next try 28 Nov,? (at )?09:05( am)?$/);
    expect(awaitedInWords({ until: null, signal: null }, false, NOW)).toBeNull();
    expect(momentInWords(new Date(2031, 11, 1, 9, 5).getTime(), NOW)).toMatch(/^1 Dec 2031,? (at )?09:05( am)?$/);
  });

  it("name who called it, and whom it called", () => {
    const called = { trigger_data: { called_by: { run_id: "p", automation_id: "a" } } };
    expect([callerOf({ ...called, parent_id: "p" }), callerOf({ ...called, parent_id: "q" })]).toEqual(["a", null]);
    const run = "b5715830-db0d-4e20-802d-6502c86ec8c7";
    const calls = readRecords([
      { node_id: "x", type: "action-run-automation", status: "waiting", input: { automation: "a" }, output: { for: `run:${run}` } },
      { node_id: "x", type: "action-run-automation", status: "failed", input: { automation: "a" }, output: { run_id: run } },
      { node_id: "x", type: "action-http", status: "failed", input: {}, output: { run_id: run } },
    ]);
    expect(calls.map(calledRun)).toEqual([{ automation: "a", run }, { automation: "a", run }, null]);
  });
});

describe("many runs", () => {
  it("are asked for as the address says", () => {
    const lead = "1ead0001-0000-4000-8000-000000000001";
    const filters = readFilters(new URLSearchParams(`status=open&time=day&kind=live&lead=${lead}&x=1`));
    expect(writeFilters(filters).toString()).toBe(`status=open&time=day&kind=live&lead=${lead}`);
    expect(askedFor(filters, Date.UTC(2026, 10, 27, 12, 0, 30))).toEqual({ status: ["pending", "running"], since: "2026-11-26T12:00:00.000Z", test_mode: false, lead_id: lead });
    expect(writeFilters(readFilters(new URLSearchParams("status=odd&lead=1"))).toString()).toBe("");
  });
});
