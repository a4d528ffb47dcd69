import { describe, expect, it } from "vitest";

import type { NodeType } from "@/flow/catalogue";
import { parseDrawing } from "@/flow/drawing";
import { readRecords } from "@/flow/runRecord";

import { canBeTried, matchInWords, offered, type PastEvent, whatChanged } from "./changes";
import { outcomesOf, pinsOf, stillOffered } from "./outcomes";
import { againWith, idsRun, outputsOf, stepsRun } from "./testRuns";
import { bodyOf, type Filled, subjectOf } from "./ways";

const drawn = (type: string, config: object) => parseDrawing([{ id: "start", type, data: { config } }], []);
const NOTHING: Filled = { way: "example", event: null, run: null, record: null, values: {} };

describe("what a draft is tried with", () => {
  it("follows from its trigger", () => {
    const ways = [
      drawn("trigger-event", { event_source: "lead" }),
      drawn("trigger-event", { event_source: "orders" }),
      drawn("trigger-manual", { record: "conversation" }),
      drawn("trigger-webhook", {}),
      drawn("trigger-schedule", {}),
      drawn("logic-stop", {}),
    ].map((drawing) => {
      const subject = subjectOf(drawing);
      return subject === null ? null : [subject.table, subject.record, subject.ways];
    });
    expect(ways).toEqual([
      ["leads", "lead", ["change", "record", "example", "run"]],
      ["orders", "row", ["change", "record", "example", "run"]],
      [null, "conversation", ["input", "run"]],
      [null, null, ["input", "run"]],
      [null, null, ["example", "run"]],
      null,
    ]);
  });

  it("is sent as the API takes it, once it is chosen", () => {
    const lead = subjectOf(drawn("trigger-event", { event_source: "lead" }));
    const form = subjectOf(drawn("trigger-manual", { record: "lead", input_schema: { type: "object", properties: { name: { type: "string" } }, required: ["name"] } }));
    if (lead === null || form === null) throw new Error("both have triggers");
    expect(bodyOf(lead, { ...NOTHING, way: "change" })).toBeNull();
    expect(bodyOf(lead, { ...NOTHING, way: "change", event: 7 })).toEqual({ event_id: 7 });
    expect(bodyOf(lead, { ...NOTHING, way: "record", record: " l1 " })).toEqual({ lead_id: "l1" });
    expect(bodyOf(lead, { ...NOTHING, way: "run", run: "r1" })).toEqual({ execution_id: "r1" });
    expect(bodyOf(lead, NOTHING)).toEqual({});
    expect(bodyOf(form, { ...NOTHING, way: "input", values: { name: "Ada" } })).toBeNull();
    expect(bodyOf(form, { ...NOTHING, way: "input", record: "l1" })).toBeNull();
    expect(bodyOf(form, { ...NOTHING, way: "input", record: "l1", values: { name: "Ada" } })).toEqual({ input: { name: "Ada" }, lead_id: "l1" });
  });
});

describe("past changes", () => {
  const event = (id: number, more: Partial<PastEvent>): PastEvent => ({
    ...{ id, account_id: "a", source: "leads", operation: "UPDATE", record_id: "l", actor: null, occurred_at: "2026-11-27T00:00:00Z", execution_id: null, held: null },
    ...{ old: { name: "Ada", stage: "new" }, new: { name: "Ada", stage: "won" }, changed: ["stage", "updated_at"] },
    ...more,
  });

  it("are told, those that would start it first", () => {
    const events = [event(1, { operation: "INSERT", changed: null }), event(2, { changed: ["name"] }), event(3, {})];
    const all = offered(events, { event_type: "UPDATE", watch: ["stage"] });
    expect(all.map((one) => [one.event.id, one.name, matchInWords(one.match), canBeTried(one)])).toEqual([
      [3, "Ada", "Would start it", true],
      [1, "Ada", "Other kind of change: cannot be tried", false],
      [2, "Ada", "No watched column changed", true],
    ]);
  });

  it("say what changed", () => {
    expect([
      whatChanged(event(1, {})),
      whatChanged(event(1, { changed: ["a", "b", "lead_id"] })),
      whatChanged(event(1, { operation: "DELETE" })),
      whatChanged(event(1, { changed: ["updated_at"] })),
    ]).toEqual(["stage: new → won", "a, b and lead id changed", "was deleted", "changed"]);
  });
});

describe("a test", () => {
  it("leaves outputs as samples", () => {
    const records = new Map(
      readRecords([
        { node_id: "a", status: "completed", output: { x: 1 } },
        { node_id: "b", status: "failed", output: null },
        { node_id: "c", status: "skipped", attempt: 0 },
      ]).map((record) => [record.nodeId, record]),
    );
    expect([...outputsOf(records)]).toEqual([["a", { x: 1 }]]);
  });

  it("counts the steps that ran, and of how many", () => {
    const flow = parseDrawing([{ id: "start", type: "trigger-manual" }, ...["a", "b", "c", "off"].map((id) => ({ id, type: "transform-set-variable" }))], []);
    const done = (node_id: string, status: string, attempt: number) => ({ node_id, status, attempt });
    const all = [done("start", "completed", 0), done("a", "completed", 1), done("b", "failed", 2), done("c", "skipped", 0), done("off", "completed", 0)];
    const tested = (records: object[]) => ({ drawing: flow, records: new Map(readRecords(records).map((record) => [record.nodeId, record])) });
    expect(stepsRun(tested(all))).toEqual([3, 5]);
    expect(idsRun(tested(all))).toEqual(["start", "a", "b"]);
    // What failed is looked for, wherever it stands.
    expect(idsRun(tested([done("start", "completed", 0), done("a", "failed", 1), done("b", "completed", 1)]))).toEqual(["start", "b", "a"]);
  });

  it("is tried again without what was said of steps that are gone", () => {
    const pinned = { start: { output: {}, handle: "out" }, gone: { output: {}, handle: "met" } };
    const flow = drawn("trigger-manual", {});
    expect(againWith({ lead_id: "l", pinned }, flow)).toEqual({ lead_id: "l", pinned: { start: pinned.start } });
    expect(againWith({ lead_id: "l", pinned: { gone: pinned.gone } }, flow)).toEqual({ lead_id: "l" });
  });
});

describe("what only the outside world decides", () => {
  const handles = ["met", "timed_out"];
  const catalogue = new Map([["logic-wait", { type: "logic-wait", title: "Wait until", handles, error_handle: false, sample_output: {} } as unknown as NodeType]]);
  const drawing = parseDrawing(
    [
      { id: "wait", type: "logic-wait", data: { config: { wait_for: "reply" } } },
      { id: "said", type: "logic-wait", data: { config: {}, pinned: { output: {}, handle: "met" } } },
      { id: "off", type: "logic-wait", data: { config: {}, disabled: true } },
    ],
    [],
  );
  const samples = new Map([["wait", { met: { met: true, record: { body: "Yes" } }, timed_out: { met: false } }]]);

  it("can be chosen for a test, but not where it is pinned or switched off", () => {
    const outcomes = outcomesOf(drawing, catalogue);
    expect(outcomes.map(({ node, ways }) => [node.id, ways])).toEqual([["wait", ["met", "timed_out"]]]);
    expect(pinsOf(outcomes, {}, catalogue, samples)).toEqual({});
    expect(pinsOf(outcomes, { wait: "met" }, catalogue, samples)).toEqual({});
    expect(pinsOf(outcomes, { wait: "gone" }, catalogue, samples)).toEqual({});
    expect(stillOffered({ wait: "timed_out", gone: "met" }, outcomes)).toEqual({ wait: "timed_out" });
    expect(stillOffered({ wait: "gone" }, outcomes)).toEqual({});
    expect(pinsOf(outcomes, { wait: "timed_out" }, catalogue, samples)).toEqual({ pinned: { wait: { output: { met: false }, handle: "timed_out" } } });
  });
});
