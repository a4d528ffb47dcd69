import { describe, expect, it } from "vitest";

import { secretsTexts } from "@/texts/secrets";

import { problemOfName } from "./names";

describe("the name of a new secret", () => {
  it("is one that a step can insert, and is not taken", () => {
    const { badName, taken } = secretsTexts.form;
    const names = ["CRM_TOKEN", "_x1", "", "1X", "A-B", "A".repeat(64), "A".repeat(65), "OLD"];
    expect(names.map((name) => problemOfName(name, ["OLD"]))).toEqual([null, null, badName, badName, badName, null, badName, taken]);
  });
});
