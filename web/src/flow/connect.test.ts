import { describe, expect, it } from "vitest";

import { handlesOf } from "./catalogue";
import { connect, freeHandles, refusalOf } from "./connect";
import { nodeOf } from "./drawing";
import { CATALOGUE, configured, flow, lines } from "./testFlows";

const refused = (drawing: ReturnType<typeof flow>, source: string, handle: string | null, target: string) =>
  refusalOf(drawing, CATALOGUE, { source, handle, target });

describe("lines", () => {
  const drawing = flow("start>if", "if:true>send", "send>find", "stop");

  it("are drawn where the catalogue has a handle", () => {
    expect(refused(drawing, "if", "false", "find")).toBeNull();
    expect(refused(drawing, "if", "error", "stop")).toBeNull();
    expect(refused(drawing, "if", "out", "find")).toBe("no_handle");
    expect(refused(drawing, "stop", "out", "find")).toBe("no_handle");
  });

  it("lead into no trigger, no circle, and nowhere twice", () => {
    expect(refused(drawing, "send", "out", "start")).toBe("into_trigger");
    expect(refused(drawing, "find", "out", "if")).toBe("circle");
    expect(refused(drawing, "send", "out", "send")).toBe("itself");
    // Without a handle an edge leaves by the first one.
    expect(refused(drawing, "start", "out", "if")).toBe("twice");
    expect(refused(drawing, "send", "out", "gone")).toBe("missing");
    expect(connect(drawing, CATALOGUE, { source: "find", handle: "out", target: "if" })).toBe(drawing);
  });

  it("neither leave the body of a loop nor enter it", () => {
    const looped = flow("start>loop", "loop:each>send", "send>find", "loop:done>set", "start>if");
    expect(refused(looped, "find", "out", "set")).toBe("out_of_loop");
    expect(refused(looped, "if", "true", "find")).toBe("into_loop");
    expect(refused(looped, "loop", "done", "find")).toBe("into_loop");
    expect(refused(looped, "send", "error", "find")).toBeNull();
    expect(refused(looped, "set", "out", "if")).toBeNull();
  });
});

describe("handles", () => {
  it("follow from the cases of a branch", () => {
    const drawing = configured({ switch: { cases: [{ id: "hot" }, { id: "cold" }, {}] } }, "start>switch", "switch:hot>send");
    const node = nodeOf(drawing, "switch");
    expect(node && handlesOf(node, CATALOGUE)).toEqual(["hot", "cold", "default", "error"]);
    expect(freeHandles(drawing, CATALOGUE, "switch")).toEqual(["cold", "default"]);
    expect(freeHandles(drawing, CATALOGUE, "start")).toEqual([]);
    expect(lines(drawing)).toEqual(["start>switch", "switch:hot>send"]);
  });
});
