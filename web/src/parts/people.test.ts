import { describe, expect, it } from "vitest";

import { partsTexts } from "@/texts/parts";
import { runsTexts } from "@/texts/runs";

import { nameOf, personName, starterOf, withinSentence } from "./people";

const KNOWN = new Map([
  ["ada", { name: "Ada", email: "ada@example.com" }],
  ["bob", { name: null, email: "bob@example.com" }],
]);

describe("people", () => {
  it("have names, else addresses, else the beginning of an id", () => {
    expect(["ada", "bob", "cy"].map((id) => nameOf(KNOWN, id))).toEqual(["Ada", "bob@example.com", null]);
    const { you, nobody } = partsTexts.people;
    expect([null, "me", "bob", "12345678-9"].map((id) => personName(id, "me", KNOWN))).toEqual([nobody, you, "bob@example.com", "12345678"]);
  });

  it("are told of runs that they started, and of no others", () => {
    const started = (trigger_type: string, triggered_by: string | null) => starterOf({ trigger_type, triggered_by }, "me", KNOWN);
    expect([started("manual", "me"), started("manual", "ada"), started("manual", "cy"), started("manual", null)]).toEqual([
      ...[runsTexts.byYou, "Ada", runsTexts.by.manual, runsTexts.by.manual],
    ]);
    expect([started("event", "ada"), started("other", null)]).toEqual([runsTexts.by.event, "other"]);
  });

  it("keep their names in the middle of a sentence, where other words begin small", () => {
    expect(["A change", "You", "An AI agent", "Ada", "bob@example.com"].map(withinSentence)).toEqual(["a change", "you", "an AI agent", "Ada", "bob@example.com"]);
  });
});
