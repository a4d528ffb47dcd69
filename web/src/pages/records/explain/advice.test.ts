import { expect, it } from "vitest";

import { recordsTexts } from "@/texts/records";

import { adviceOn, sentence } from "./advice";

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
  expect(sentence("it watches score")).toBe("It watches score.");
});
