import { describe, expect, it } from "vitest";

import { arranged } from "./layout";
import { CATALOGUE, flow } from "./testFlows";
import { spokenSteps, stepTowards } from "./walk";

const FORK = arranged(flow("start>if", "if:true>send", "if:false>find", "send>set"));

describe("the arrow keys", () => {
  it("lead along the flow", () => {
    expect(stepTowards(FORK, "start", "down")).toBe("if");
    expect(stepTowards(FORK, "if", "down")).toBe("send");
    expect(stepTowards(FORK, "set", "up")).toBe("send");
    expect(stepTowards(FORK, "set", "down")).toBeNull();
    expect(stepTowards(FORK, "start", "up")).toBeNull();
  });

  it("lead from one way of a fork to the other", () => {
    expect(stepTowards(FORK, "send", "right")).toBe("find");
    expect(stepTowards(FORK, "find", "left")).toBe("send");
    expect(stepTowards(FORK, "find", "right")).toBeNull();
  });
});

it("a step is told by what stands on its card, its number and what it comes after", () => {
  const spoken = spokenSteps(flow("start>send", "send>find"), CATALOGUE);
  expect([...spoken.values()]).toEqual([
    "Record event Not set up yet, step 1",
    "Send message Not set up yet, step 2, comes after Record event",
    "Find records Not set up yet, step 3, comes after Send message",
  ]);
});
