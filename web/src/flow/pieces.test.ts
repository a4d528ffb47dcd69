import { describe, expect, it } from "vitest";

import { piecesOf } from "./pieces";
import { flow } from "./testFlows";

/** `if: send+find, set`: it hangs on `if`, and below `send` stands `find`. */
function told(...lines: string[]): string[] {
  return piecesOf(flow(...lines)).map(({ root, strands }) => {
    const own = strands.filter((strand) => strand.id !== root).map(({ steps }) => steps.join("+"));
    return `${root ?? "top"}: ${own.join(", ")}`;
  });
}

describe("a drawing in pieces", () => {
  it("is one strand where it goes straight on", () => {
    expect(told("start>if", "if>send", "send>set")).toEqual(["top: start+if+send+set"]);
  });

  it("is cut where all ways meet, and where the others have ended", () => {
    const meets = ["start>if", "if:true>send", "if:false>find", "send>set", "find>set", "set>if_2"];
    expect(told(...meets, "if_2:true>send_2", "if_2:false>stop")).toEqual(["top: start+if", "start: send, find, set+if_2", "set: send_2, stop"]);
    expect(told("if:true>if_2", "if:false>stop", "if_2:true>send", "if_2:false>set")).toEqual(["top: if", "if: if_2, stop", "if_2: send, set"]);
  });

  it("goes straight on side by side, as long as all do", () => {
    expect(told("if:true>send", "if:false>find", "send>send_2", "find>find_2")).toEqual(["top: if", "if: send+send_2, find+find_2"]);
    expect(told("if:true>send", "if:false>if_2", "send>send_2", "if_2:true>find", "if_2:false>set")).toEqual(["top: if", "if: send, if_2, send_2, find, set"]);
  });

  it("leaves room for a line past steps, and for what comes from elsewhere", () => {
    expect(told("if:true>send", "send>send_2", "send_2>set", "if:false>set")).toEqual(["top: if", "if: send+send_2, set"]);
    expect(told("start>send", "send>set", "find>set")).toEqual(["top: start, send, set, find"]);
  });

  it("is one piece where steps run in a circle, and none is lost", () => {
    expect(told("start>send", "send>find", "find>send")).toEqual(["top: start, send, find"]);
    expect(piecesOf(flow())).toEqual([{ root: null, strands: [], ways: [] }]);
  });

  it("stays small however long the flow is", () => {
    const lines = Array.from({ length: 100 }, (_, n) => [`if_${n}:true>send_${n}`, `if_${n}:false>find_${n}`, `send_${n}>if_${n + 1}`, `find_${n}>if_${n + 1}`]);
    expect(Math.max(...piecesOf(flow(...lines.flat())).map(({ strands }) => strands.length))).toBe(4);
  });
});
