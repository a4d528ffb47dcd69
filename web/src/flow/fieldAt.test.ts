import { expect, it } from "vitest";

import { fieldAt } from "./fieldAt";
import { fieldsOf } from "./formFields";

const FIELDS = fieldsOf({
  properties: {
    url: { type: "string", title: "URL" },
    cases: { type: "array", title: "Cases", items: { type: "object", properties: { id: { type: "string", title: "Name" } } } },
    wait: { type: "object", title: "At most", properties: { amount: { type: "number", title: "Amount" }, unit: { enum: ["hours"], title: "Unit" } } },
    auth: {
      title: "Authentication",
      oneOf: [
        { type: "object", properties: { type: { const: "bearer" }, token: { type: "string", title: "Token" } } },
        { type: "object", properties: { type: { const: "none" } } },
      ],
    },
  },
});

it("finds the field that is meant, else what it is in", () => {
  const paths = [["url"], ["cases", 0, "id"], ["cases", 0], ["cases", 2, "other"], ["auth", "token"], ["wait", "amount"], ["nothing"], []];
  expect(paths.map((path) => fieldAt(FIELDS, path)?.title)).toEqual(["URL", "Name", "Cases", "Cases", "Token", "At most", undefined, undefined]);
});
