import { describe, expect, it } from "vitest";

import { graphOf } from "./graph";
import { CATALOGUE, configured, flow } from "./testFlows";
import { waysTo } from "./ways";

function known(drawing: ReturnType<typeof flow>, id: string) {
  const { hasRun, leftBy } = waysTo(drawing, CATALOGUE, graphOf(drawing), id);
  return { ran: drawing.nodes.map((node) => node.id).filter((one) => one !== id && hasRun(one)), leftBy };
}

describe("what is certain before a step", () => {
  it("is the way that leads to it alone", () => {
    const drawing = flow("start>if", "if:true>send", "if:false>set", "send>find", "set>find");
    expect(known(drawing, "send").leftBy("if")).toEqual(["true"]);
    expect(known(drawing, "set").leftBy("if")).toEqual(["false"]);
    expect(known(drawing, "find")).toMatchObject({ ran: ["start", "if"] });
    expect(known(drawing, "find").leftBy("if")).toEqual(["true", "false"]);
  });

  it("is what runs beside it, where both are waited for", () => {
    const lines = ["start>send", "start>set", "send>join", "set>join"];
    expect(known(flow(...lines), "join").ran).toEqual(["start", "send", "set"]);
    expect(known(configured({ join: { mode: "any" } }, ...lines), "join").ran).toEqual(["start"]);
  });

  it("is nothing of a branch beside it but that it was decided", () => {
    const drawing = flow("start>if", "start>set", "if:true>send", "send>find", "set>find");
    expect(known(drawing, "find").ran).toEqual(["start", "if", "set"]);
    expect(known(drawing, "find").leftBy("if")).toEqual(["true", "false"]);
  });

  it("is that a loop goes on, and that a failure was handled", () => {
    expect(known(flow("start>loop", "start>set", "loop:each>send", "loop:done>find", "find>send_2", "set>send_2"), "send_2").ran).toContain("find");
    expect(known(flow("start>find", "find:error>send", "find>set"), "send").leftBy("find")).toEqual(["error"]);
  });
});
