import { expect, it } from "vitest";

import { isAskedAbout, whatGoes, whatWent } from "./deletion";

const NOTHING = { state: "draft", runs: 0, isMore: false, open: 0, waiting: 0 } as const;

it("asks about what is live or has runs", () => {
  expect(isAskedAbout(NOTHING)).toBe(false);
  expect(isAskedAbout({ ...NOTHING, state: "live" })).toBe(true);
  expect(isAskedAbout({ ...NOTHING, state: "off", runs: 1 })).toBe(true);
});

it("says what goes with it, and what does not finish", () => {
  expect(whatGoes({ state: "live", runs: 3, isMore: false, open: 1, waiting: 1 })).toBe(
    "It is live: nothing starts it any more. Its 3 runs go with it, with all that is on record of them: they disappear from Runs and from the timelines of leads. " +
      "1 of them is waiting, and ends without finishing. This cannot be undone. To stop it and keep its runs, switch it off instead.",
  );
  expect(whatGoes({ state: "off", runs: 200, isMore: true, open: 2, waiting: 1 })).toContain("Its 200 or more runs go with it");
  expect(whatGoes({ state: "off", runs: 200, isMore: true, open: 2, waiting: 1 })).toContain("2 of them are under way, and end without finishing.");
  expect(whatWent("Greet", { state: "live", runs: 1, isMore: false, open: 1, waiting: 1 })).toBe("“Greet” is deleted, with 1 run. 1 was under way and ended without finishing.");
  expect(whatWent("Greet", { ...NOTHING, state: "live" })).toBe("“Greet” is deleted.");
});
