import { describe, expect, it } from "vitest";

import { CATALOGUE, configured, flow } from "./testFlows";
import { allPaths, openAtFirst, rowGroups } from "./variableRows";
import { variablesFor } from "./variables";

const sources = variablesFor(flow("start>find", "find>send"), CATALOGUE, "send");
const shown = (open: ReadonlySet<string>, search = "") => rowGroups(sources, open, search).map((group) => [group.title, ...group.rows.map((row) => row.path)]);

describe("what can be chosen", () => {
  it("is a tree", () => {
    expect(shown(new Set())[0]).toEqual(["Record event", "trigger.event", "trigger.new"]);
    const open = openAtFirst(sources);
    expect(shown(open)[0]).toEqual(["Record event", "trigger.event", "trigger.new", "trigger.new.name", "trigger.new.tags"]);
    expect(rowGroups(sources, open, "")[0]?.rows.map((row) => row.depth)).toEqual([0, 0, 1, 1]);
  });

  it("is found by its path, its step or its sample", () => {
    expect(shown(new Set(), "ada")).toEqual([["Record event", "trigger.new.name"]]);
    expect(shown(new Set(), "find COUNT")).toEqual([["Find records", "steps.find.count"]]);
    expect(shown(new Set(), "nothing like it")).toEqual([]);
  });

  it("finds the text of a reply by what people call it", () => {
    const samples = new Map([["wait", { met: { met: true, wait_for: "reply", record: { id: "m1", body: "Yes", status: "received" } }, timed_out: { met: false } }]]);
    const waits = variablesFor(configured({ wait: { wait_for: "reply" } }, "start>wait", "wait:met>send"), CATALOGUE, "send", new Map(), samples);
    const found = (search: string) => rowGroups(waits, new Set(), search).flatMap((group) => group.rows.map((row) => [row.path, row.name]));
    expect(found("reply")[0]).toEqual(["steps.wait.record.body", "text of the reply"]);
    expect(found("message")[0]?.[0]).toBe("steps.wait.record.body");
    // Of a step that is called so, too.
    expect(found("wait").at(-1)?.[0]).toBe("steps.wait.record.id");
    const tree = rowGroups(waits, openAtFirst(waits), "").find((group) => group.title === "Wait until");
    expect(tree?.rows.map((row) => row.name)).toEqual(["met", "wait_for", "the reply", "body", "status", "id"]);
  });

  it("has every path once", () => {
    expect(allPaths([...sources, ...sources]).map(({ group, items }) => [group, items.length])).toEqual(allPaths(sources).map(({ group, items }) => [group, items.length]));
    expect(allPaths(sources)[0]).toMatchObject({ group: "Record event", items: expect.arrayContaining(["trigger.new.tags[0]"]) as string[] });
  });

});
