import { describe, expect, it } from "vitest";

import type { Json } from "./drawing";
import { recipientOffers, recipientsInWords, withRecipient } from "./recipients";
import type { Source, Variable } from "./variables";

const MARY = "acc00000-0000-4000-8000-000000000001";
const NEMO = "bee00000-0000-4000-8000-000000000002";
const KNOWN = new Map([
  [MARY, { name: "Mary", email: "mary@a.example" }],
  [NEMO, { name: "Nemo", email: null }],
  ["c0de0000-0000-4000-8000-000000000003", { name: null, email: "c@a.example" }],
]);

function variable(path: string, sample: Json = null, children: Variable[] = []): Variable {
  return { path, name: path.split(".").at(-1) ?? "", sample, children };
}

const NEW = variable("trigger.new", {}, [variable("trigger.new.owner_id", MARY), variable("trigger.new.email", "ada@b.example")]);
const OLD = variable("trigger.old", {}, [variable("trigger.old.owner_id", NEMO)]);
const SOURCES: Source[] = [
  { nodeId: "t", title: "A lead changes", variables: [NEW, OLD] },
  { nodeId: "find", title: "Find records", variables: [variable("steps.find.first", {}, [variable("steps.find.first.email")])] },
];

describe("recipients", () => {
  it("are offered by what they are", () => {
    expect(recipientOffers(SOURCES, KNOWN)).toEqual([
      { value: "{{ trigger.new.owner_id }}", label: "The lead’s owner", note: "Mary (mary@a.example)" },
      { value: "{{ trigger.new.email }}", label: "The lead’s own address", note: "ada@b.example" },
      { value: "{{ steps.find.first.email }}", label: "The address of find.first", note: "" },
      { value: "mary@a.example", label: "Mary", note: "mary@a.example" },
      { value: "c@a.example", label: "c@a.example", note: "" },
    ]);
  });

  it("are added, once each", () => {
    expect(withRecipient(undefined, "a@b")).toBe("a@b");
    expect(withRecipient("x@y, ", "a@b")).toBe("x@y, a@b");
    expect(withRecipient("x@y, a@b", "a@b")).toBe("x@y, a@b");
    expect(withRecipient(["x@y", ""], "a@b")).toEqual(["x@y", "a@b"]);
    expect(withRecipient(["a@b"], "a@b")).toEqual(["a@b"]);
  });

  it("are people, not ids", () => {
    expect(recipientsInWords(`${MARY}, x@y`, KNOWN)).toBe("Mary (mary@a.example), x@y");
    expect(["nothing", "", " , "].map((text) => recipientsInWords(text, KNOWN))).toEqual(Array(3).fill("nobody, and then the step fails"));
    expect(recipientsInWords(", x@y", KNOWN)).toBe("x@y");
    expect(recipientsInWords(NEMO.toUpperCase(), KNOWN)).toBe("Nemo, whose address nobody knows");
    expect(recipientsInWords("0b9e0000-0000-4000-8000-000000000009", KNOWN)).toBe("0b9e0000, whose address nobody knows");
  });
});
