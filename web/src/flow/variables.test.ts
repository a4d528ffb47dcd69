import { describe, expect, it } from "vitest";

import { CATALOGUE, configured, flow } from "./testFlows";
import { type Source, variablesFor } from "./variables";

const paths = (sources: readonly Source[]) => sources.flatMap((source) => source.variables.map((one) => one.path));

describe("what a step can use", () => {
  it("is the trigger, then what comes before it, the nearest first", () => {
    const drawing = flow("start>find", "find>if", "if:true>send", "if:false>set");
    const sources = variablesFor(drawing, CATALOGUE, "send");
    expect(sources.map((source) => source.nodeId)).toEqual(["start", "if", "find", null]);
    expect(paths(sources)).toContain("steps.find.count");
    expect(paths(sources)).not.toContain("steps.set");
    const row = sources[0]?.variables.find((one) => one.path === "trigger.new");
    expect(row?.children.map((one) => [one.path, one.sample])).toEqual([
      ["trigger.new.name", "Ada"],
      ["trigger.new.tags", ["vip"]],
    ]);
    expect(row?.children[1]?.children[0]?.path).toBe("trigger.new.tags[0]");
  });

  it("shows real values where a run has some", () => {
    const sources = variablesFor(flow("start>find", "find>send"), CATALOGUE, "send", new Map([["find", { count: 7, "a b": 1 }]]));
    expect(sources[1]?.variables.map((one) => [one.path, one.sample])).toEqual([
      ["steps.find.count", 7],
      ["steps.find.records", [{ id: "r1" }]],
      ['steps.find["a b"]', 1],
    ]);
  });

  it("is the item inside of a loop, and none of the body behind it", () => {
    const drawing = configured(
      { loop: { items: "{{ steps.find.records }}", item_name: "conversation" }, set: { variables: { tier: "gold" } }, set_2: { variables: { inner: 1 } } },
      ...["start>find", "find>set", "set>loop", "loop:each>set_2", "set_2>send", "loop:done>send_2"],
    );
    const outputs = new Map([["find", { records: [{ id: "c1" }] }]]);
    const inside = variablesFor(drawing, CATALOGUE, "send", outputs);
    const item = inside.flatMap((source) => source.variables).find((one) => one.path === "conversation");
    expect(item?.children.map((one) => [one.path, one.sample])).toEqual([["conversation.id", "c1"]]);
    expect(paths(inside)).toEqual(expect.arrayContaining(["index", "vars.tier", "vars.inner"]));
    const after = paths(variablesFor(drawing, CATALOGUE, "send_2", outputs));
    expect(after).toContain("steps.loop.count");
    expect(after).toContain("vars.tier");
    for (const hidden of ["conversation", "index", "vars.inner"]) expect(after).not.toContain(hidden);
  });

  it("is the error behind an error line", () => {
    const sources = variablesFor(flow("start>find", "find:error>send", "find>set"), CATALOGUE, "send");
    expect(paths(sources)).toContain("steps.find.error");
    expect(paths(sources)).not.toContain("steps.find.count");
  });
});

it("has what somebody wrote first, and ids last", () => {
  const message = { id: "m1", lead_id: "l1", direction: "inbound", body: "Yes", created_at: "2026" };
  const sources = variablesFor(flow("start>find", "find>send"), CATALOGUE, "send", new Map([["find", { message }]]));
  const row = sources.flatMap((source) => source.variables).find((one) => one.path === "steps.find.message");
  expect(row?.children.map((one) => one.name)).toEqual(["body", "direction", "created_at", "id", "lead_id"]);
});

describe("what a wait has come to", () => {
  const samples = new Map([["wait", { met: { met: true, record: { body: "Yes" } }, timed_out: { met: false } }]]);
  const drawing = flow("start>wait", "wait:met>send", "wait:timed_out>set", "send>find", "set>find");
  const shown = (id: string) => variablesFor(drawing, CATALOGUE, id, new Map([["wait", { met: true, record: { body: "Real" }, note: 1 }]]), samples).find((one) => one.nodeId === "wait");

  it("follows from the way that leads on", () => {
    expect(shown("send")?.variables.map((one) => [one.path, one.sample, one.only])).toEqual([
      ["steps.wait.met", true, undefined],
      ["steps.wait.record", { body: "Real" }, undefined],
      ["steps.wait.note", 1, undefined],
    ]);
    expect(shown("set")?.variables.map((one) => one.path)).toEqual(["steps.wait.met", "steps.wait.note"]);
  });

  it("is marked where it is there on one way only", () => {
    expect(shown("find")?.variables.map((one) => [one.name, one.only])).toEqual([["met", undefined], ["record", "only after “It happened”"], ["note", undefined]]);
  });

  it("is said to be unsure of a step that is passed by on a way", () => {
    expect(variablesFor(drawing, CATALOGUE, "find").map((one) => one.title)).toEqual(["Record event", "Send message, if it has run", "Wait until", "This run"]);
  });
});
