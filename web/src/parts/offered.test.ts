import { expect, it } from "vitest";

import { offeredFor } from "./offered";

const named = (...labels: readonly string[]) => labels.map((label) => ({ label }));

it("offers what was typed first, then what begins with it, then what has a part that does", () => {
  const all = named("surname", "first_name", "Name", "names", "email");
  const offered = (typed: string) => offeredFor(all, typed).map((one) => one.label);
  expect(offered("name")).toEqual(["Name", "names", "first_name", "surname"]);
  expect([offered(""), offered(" EM "), offered("phone")]).toEqual([all.map((one) => one.label), ["email"], []]);
});

it("keeps groups, the one with the best first, and leaves out what has nothing", () => {
  const all = [
    { group: "Trigger", items: named("trigger.new.first_name", "trigger.new.stage") },
    { group: "Steps", items: named("stage") },
    { group: "Run", items: named("env.now") },
  ];
  expect(offeredFor(all, "stage")).toEqual([
    { group: "Steps", items: named("stage") },
    { group: "Trigger", items: named("trigger.new.stage") },
  ]);
});
