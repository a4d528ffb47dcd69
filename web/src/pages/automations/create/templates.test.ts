import { describe, expect, it } from "vitest";

import { peopleOf } from "@/session/people";
import { changed, defaultsOf, drawingOf, isComplete, type Parameter, type Template } from "./templates";

const parameter = (name: string, kind: Parameter["kind"], example: string, standard: unknown = null): Parameter => ({
  ...{ name, kind, example, description: name },
  default: standard,
});
const PARAMETERS = [parameter("stage", "text", "won"), parameter("days", "number", "3", 7), parameter("tags", "list", "a,b", ["x", "y"])];
const template = { parameters: PARAMETERS, edges: [], nodes: [{ id: "a", type: "t", data: { config: { stage: "${stage}", days: "${days}", tags: "${tags}" } } }] };

describe("people", () => {
  it("are the caller, the owner, and the team", () => {
    const members = [{ id: "me", role: "admin" }, { id: "12345678-9", role: "viewer" }];
    expect(peopleOf("me", "account", members, new Map()).map((one) => one.label)).toEqual(["You", "The owner of the account", "Viewer 12345678"]);
    expect(peopleOf("account", "account", [], new Map()).map((one) => one.value)).toEqual(["account"]);
    const known = new Map(["account", "12345678-9", "elsewhere"].map((id) => [id, { name: `Name of ${id}`, email: null }]));
    const named = ["You", "Name of account", "Name of 12345678-9", "Name of elsewhere"];
    expect(peopleOf("me", "account", members, known).map((one) => one.label)).toEqual(named);
    expect(peopleOf(null, "account", [], new Map())).toHaveLength(1);
  });
});

describe("a template", () => {
  it("asks for what has no default, and sends what differs", () => {
    const given = defaultsOf(PARAMETERS);
    expect(given).toEqual({ stage: "", days: "7", tags: "x, y" });
    expect(isComplete(PARAMETERS, given)).toBe(false);
    const filled = { ...given, stage: "lost", days: "14" };
    expect(isComplete(PARAMETERS, filled)).toBe(true);
    expect(changed(PARAMETERS, filled)).toEqual({ stage: "lost", days: "14" });
  });

  it("is shown as it will be drawn", () => {
    const [node] = drawingOf(template as unknown as Template, { stage: "", days: "14", tags: "x, y" }).nodes;
    expect(node?.config).toEqual({ stage: "won", days: 14, tags: ["x", "y"] });
  });
});
