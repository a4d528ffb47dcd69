import { describe, expect, it } from "vitest";

import { fieldsOf } from "./formFields";
import { filled, firstValues, problemsIn, problemWords, readObject, startFormOf } from "./inputForm";

const SCHEMA = {
  type: "object",
  properties: { name: { type: "string", title: "Name" }, count: { type: "integer", default: 2 }, note: { type: "string" } },
  required: ["name", "count"],
};

describe("the form of a start", () => {
  const form = startFormOf("trigger-manual", { record: "lead", input_schema: SCHEMA });
  const fields = form?.fields ?? [];

  it("asks for what the trigger asks for", () => {
    expect([form?.record, form?.isOpen, fields.map(({ name, isRequired }) => [name, isRequired])]).toEqual([
      ...["lead", false],
      [["name", true], ["count", true], ["note", false]],
    ]);
    expect(startFormOf("trigger-webhook", {})).toEqual({ record: null, fields: [], isOpen: true });
    expect(startFormOf("trigger-schedule", {})).toBeNull();
  });

  it("begins with what holds anyway, and says what is missing", () => {
    const values = firstValues(fields);
    expect(values).toEqual({ count: 2 });
    expect([...problemsIn(fields, values).keys()]).toEqual(["name"]);
    expect([...problemsIn(fields, { ...values, name: "Ada" })]).toEqual([]);
    expect(filled({ name: "Ada", note: "", count: null, zero: 0, no: false })).toEqual({ name: "Ada", zero: 0, no: false });
  });

  it("says what the server would refuse", () => {
    const asked = fieldsOf({
      properties: { share: { type: "number", title: "Share", minimum: 5, maximum: 50 }, why: { type: "string", maxLength: 3 }, sure: { type: "boolean" } },
      required: ["share", "sure"],
    });
    expect(firstValues(asked)).toEqual({ sure: false });
    const problems = (share: number | null, why: string) => [...problemsIn(asked, { share, why, sure: false })];
    expect([problems(5, "abc"), problems(4, ""), problems(51, "abcd"), problems(null, "")]).toEqual([
      [],
      [["share", "Not less than 5. Not more than 50."]],
      [["share", "Not less than 5. Not more than 50."], ["why", "At most 3 characters."]],
      [["share", "Fill this in."]],
    ]);
    expect([problemWords(asked, problemsIn(asked, {})), problemWords(asked, new Map())]).toEqual(["Share: Fill this in. sure: Fill this in.", null]);
  });

  it("takes JSON objects", () => {
    expect(['{"a":1}', " ", "[1]", "{"].map(readObject)).toEqual([{ a: 1 }, {}, null, null]);
  });
});
