import { describe, expect, it } from "vitest";

import { catalogueOf, type NodeType } from "./catalogue";
import { fieldsOf } from "./formFields";
import { palette } from "./palette";

const SCHEMA = {
  $defs: {
    Duration: {
      type: "object",
      title: "Duration",
      properties: { amount: { type: "number", exclusiveMinimum: 0 }, unit: { enum: ["hours", "days"], default: "hours", type: "string" } },
      required: ["amount"],
    },
    None: { type: "object", properties: { type: { const: "none" } } },
    Header: { type: "object", properties: { type: { const: "header" }, name: { type: "string", maxLength: 9 } } },
    Tree: { type: "object", properties: { child: { $ref: "#/$defs/Tree" } } },
  },
  type: "object",
  required: ["url"],
  properties: {
    url: { type: "string", title: "Address", description: "Where to.", examples: ["https://example.com"] },
    method: { enum: ["GET", "POST"], default: "GET", type: "string", template: false },
    wait: { anyOf: [{ $ref: "#/$defs/Duration" }, { type: "null" }], default: null, title: "At most" },
    auth: { oneOf: [{ $ref: "#/$defs/None" }, { $ref: "#/$defs/Header" }], template: false },
    headers: { type: "object", additionalProperties: { type: "string" }, widget: "key_value", secrets: true },
    codes: { type: "array", items: { type: "integer", minimum: 100 }, maxItems: 3 },
    breaker: { anyOf: [{ const: false }, { const: "hard" }, { type: "null" }] },
    figures: { type: "object", additionalProperties: false, patternProperties: { "^[a-z]+$": { type: "boolean" } } },
    body: { title: "Body" },
    tree: { $ref: "#/$defs/Tree" },
  },
};

describe("a form", () => {
  const fields = fieldsOf(SCHEMA);
  const field = (name: string) => fields.find((one) => one.name === name);

  it("has the fields of the schema, in its order", () => {
    expect(fields.map((one) => one.name)).toEqual(Object.keys(SCHEMA.properties));
    expect(field("url")).toEqual({
      ...{ name: "url", title: "Address", description: "Where to.", isRequired: true, standard: undefined },
      ...{ examples: ["https://example.com"], isTemplate: true, isSecret: false, widget: null, control: { kind: "text", pattern: null, most: null, format: null } },
    });
    expect(field("method")).toMatchObject({ standard: "GET", isTemplate: false, control: { kind: "choice", values: ["GET", "POST"] } });
    expect(field("headers")).toMatchObject({ widget: "key_value", isSecret: true, control: { kind: "pairs", value: { kind: "text" } } });
    expect(field("codes")?.control).toEqual({ kind: "list", most: 3, item: { kind: "number", isInteger: true, least: 100, above: null, most: null } });
    expect(field("breaker")?.control).toEqual({ kind: "choice", values: [false, "hard"] });
    expect(field("figures")?.control).toEqual({ kind: "pairs", value: { kind: "switch" } });
    expect(field("body")?.control).toEqual({ kind: "json" });
  });

  it("leaves empty what may be null", () => {
    expect(field("wait")?.control).toMatchObject({
      kind: "group",
      fields: [
        { name: "amount", isRequired: true, control: { kind: "number", least: null, above: 0 } },
        { name: "unit", standard: "hours", control: { kind: "choice" } },
      ],
    });
  });

  it("asks which variant it is, by the field that says so", () => {
    expect(field("auth")?.control).toMatchObject({
      kind: "variants",
      variants: [
        { title: "none", tag: ["type", "none"] },
        { title: "header", tag: ["type", "header"], control: { fields: [{ name: "type" }, { name: "name", isTemplate: false }] } },
      ],
    });
  });

  it("comes to an end where a schema does not", () => {
    expect(JSON.stringify(field("tree")).match(/"group"/g)?.length).toBeLessThan(8);
    expect(fieldsOf(null)).toEqual([]);
    expect(fieldsOf({ type: "object" })).toEqual([]);
  });
});

describe("the palette", () => {
  const type = (name: string, title: string, group: string, description = ""): NodeType =>
    ({ type: name, title, group, description, trigger: group === "trigger" }) as NodeType;
  const catalogue = catalogueOf([
    type("action-email", "Send email", "action", "Sends a mail."),
    type("logic-wait", "Wait until", "logic", "Waits for a reply, mail or not."),
    type("action-update-record", "Update record", "action", "Changes a record: values, tags, owner."),
    type("mail-merge", "Mail merge", "action"),
    type("trigger-manual", "Manual", "trigger"),
    type("phone-call", "Call", "phone"),
  ]);
  const found = (search: string, triggers = false) => palette(catalogue, search, { triggers }).map(({ group, types }) => [group, ...types.map((one) => one.title)]);

  it("is by groups, those of other packages last", () => {
    expect(found("")).toEqual([["logic", "Wait until"], ["action", "Mail merge", "Send email", "Update record"], ["phone", "Call"]]);
    expect(found("", true)).toEqual([["trigger", "Manual"]]);
  });

  it("finds words wherever they stand, the best first", () => {
    expect(found("mail")).toEqual([["action", "Mail merge", "Send email"], ["logic", "Wait until"]]);
    expect(found("send  MAIL")).toEqual([["action", "Send email"]]);
    expect(found("nothing like it")).toEqual([]);
    expect(found("unless")).toEqual([["logic", "Wait until"]]);
    expect(["tell", "notif", "inform"].map((word) => found(word))).toEqual(Array(3).fill([["action", "Send email"]]));
  });

  it("begins with the title, then what it is looked for by, then what it does", () => {
    expect(found("owner")).toEqual([["action", "Send email", "Update record"]]);
    expect(["notify owner", "tell somebody", "email somebody"].map((words) => found(words))).toEqual(Array(3).fill([["action", "Send email"]]));
    expect(found("call")).toEqual([["phone", "Call"]]);
  });
});
