import { describe, expect, it } from "vitest";

import { copied, duplicated, pasted, readClipboard } from "./clipboard";
import { addAfter, insertOnEdge, removeNodes, setConfig, setDisabled } from "./edit";
import { newId } from "./ids";
import { CATALOGUE, configured, flow, lines } from "./testFlows";

describe("a step", () => {
  it("is put in the middle of a line", () => {
    const { drawing, id } = insertOnEdge(flow("start>send", "send>find"), CATALOGUE, "logic-condition", "start-send");
    expect(id).toBe("if_else");
    expect(lines(drawing)).toEqual(["send>find", "start>if_else", "if_else:true>send"]);
  });

  it("that is a loop goes on by done", () => {
    const { drawing } = insertOnEdge(flow("if:true>send"), CATALOGUE, "logic-loop", "if-true-send");
    expect(lines(drawing)).toEqual(["if:true>loop", "loop:done>send"]);
  });

  it("that ends the run has nothing after it", () => {
    const { drawing } = insertOnEdge(flow("start>send"), CATALOGUE, "logic-stop", "start-send");
    expect(lines(drawing)).toEqual(["start>stop"]);
  });

  it("is put at a free end", () => {
    expect(lines(addAfter(flow("start>if"), CATALOGUE, "action-send-message", "if", "false").drawing)).toEqual([
      "start>if",
      "if:false>send_message",
    ]);
  });

  it("is taken out, and the line closed over it", () => {
    expect(lines(removeNodes(flow("start>send", "send>find"), CATALOGUE, new Set(["send"])))).toEqual(["start>find"]);
    expect(lines(removeNodes(flow("if:true>send", "send>find", "find>set"), CATALOGUE, new Set(["send", "find"])))).toEqual(["if:true>set"]);
    // Two ways out: which one it would be is the author's business.
    expect(lines(removeNodes(flow("start>if", "if:true>send", "if:false>find"), CATALOGUE, new Set(["if"])))).toEqual([]);
  });

  it("that is a trigger is never switched off", () => {
    const changed = setDisabled(flow("start>send"), new Set(["start", "send"]), true);
    expect(changed.nodes.map((node) => node.disabled)).toEqual([false, true]);
  });
});

describe("a way out", () => {
  const cases = (...ids: string[]) => ({ cases: ids.map((id) => ({ id })) });
  const drawing = configured({ switch: cases("hot", "cold") }, "switch:hot>send", "switch:cold>find", "switch:default>set");
  const after = (...ids: string[]) => lines(setConfig(drawing, "switch", cases(...ids))).slice(0, 2);

  it("keeps its lines under another name", () => {
    expect(after("warm", "cold")).toEqual(["switch:warm>send", "switch:cold>find"]);
  });

  it("keeps them as they were where nobody knows whose they are", () => {
    expect(after("cold", "cold")).toEqual(["switch:hot>send", "switch:cold>find"]);
    expect(after("", "cold")).toEqual(["switch:hot>send", "switch:cold>find"]);
    expect(after("cold", "hot")).toEqual(["switch:hot>send", "switch:cold>find"]);
    expect(after("cold")).toEqual(["switch:hot>send", "switch:cold>find"]);
  });
});

describe("copies", () => {
  const drawing = configured(
    { send: { body: "{{ steps.find.count }}, {{ steps[\"find\"].first }}, {{ steps.finder.x }} {{ secrets.KEY }}" } },
    "start>find",
    "find>send",
  );

  it("name each other by their new ids", () => {
    const { drawing: changed, ids } = duplicated(drawing, new Set(["find", "send"]));
    expect([...ids]).toEqual(["find_2", "send_2"]);
    expect(lines(changed)).toEqual(["start>find", "find>send", "find_2>send_2"]);
    expect(changed.nodes.at(-1)?.config["body"]).toBe(
      '{{ steps.find_2.count }}, {{ steps["find_2"].first }}, {{ steps.finder.x }} {{ secrets.KEY }}',
    );
  });

  it("go over the clipboard without secrets, and bring no second trigger", () => {
    const text = copied(drawing, new Set(["start", "find", "send"]));
    expect(text).not.toContain("secrets");
    const part = readClipboard(text);
    expect(part && [...pasted(drawing, part).ids]).toEqual(["find_2", "send_2"]);
    expect(readClipboard("{}")).toBeNull();
    expect(readClipboard("not JSON")).toBeNull();
  });
});

describe("ids", () => {
  it("are readable, and each once", () => {
    expect(newId("Send the offer!", new Set(["send_the_offer"]))).toBe("send_the_offer_2");
    expect(newId("Größe 2", new Set())).toBe("gro_e_2");
    expect(newId("2 days", new Set())).toBe("step_2_days");
    expect(newId("…", new Set())).toBe("step");
    expect(newId("x".repeat(60), new Set())).toHaveLength(40);
  });
});
