import { expect, it } from "vitest";

import { recordsTexts } from "@/texts/records";

import { adviceOn, reasonOf } from "./advice";

const { next } = recordsTexts.why;

it("says what to do next by what the server found", () => {
  const not = (reason: string) => adviceOn({ outcome: "not matched", reason });
  expect(not("it watches score; changed was stage")).toBe(next.watch);
  expect(not("its condition is false: stage is new")).toBe(next.condition);
  expect(not("it is paused, not active")).toBe(next.stopped);
  expect(not("it is not enabled")).toBe(next.off);
  expect(not("something new")).toBeNull();
  expect(adviceOn({ outcome: "started", reason: "it matched" })).toBe(next.started);
  expect(adviceOn({ outcome: "held", reason: "it matched, but was held back: runs had started one another eight levels deep" })).toBeNull();
  expect(reasonOf({ reason: "it matched: run r-1 is running", run_id: "r-1" })).toBe("It matched: its run is running.");
  expect(reasonOf({ reason: "it is not enabled", run_id: null })).toBe("It is not enabled.");
});
