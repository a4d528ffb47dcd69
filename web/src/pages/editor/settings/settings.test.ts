import { describe, expect, it } from "vitest";

import { cleaned, isEdited, withEdits } from "@/pages/editor/looks";
import { limitFields } from "./limitFields";

const NOW = { name: "Greet", description: null, icon: "Bell", color: "teal" };

describe("what an automation is called", () => {
  it("is edited where it would be another", () => {
    expect(isEdited(NOW, {})).toBe(false);
    expect(isEdited(NOW, { name: "Greet ", description: "  " })).toBe(false);
    expect(isEdited(NOW, { icon: null })).toBe(true);
    expect(cleaned(withEdits(NOW, { description: " Says hello ", color: null }))).toEqual({ name: "Greet", description: "Says hello", icon: "Bell", color: null });
  });

  it("keeps what somebody else changed meanwhile", () => {
    expect(withEdits({ ...NOW, name: "Welcome" }, { color: "red" })).toEqual({ ...NOW, name: "Welcome", color: "red" });
  });
});

describe("settings of a trigger", () => {
  it("say what they do and what holds without them; those of failures and retention are apart", () => {
    const schema = {
      type: "object",
      properties: {
        event_source: { type: "string" },
        debounce: { type: "object", title: "Debounce", description: "Start once.", properties: { seconds: { type: "number" } } },
        on_failure: { type: "string", description: "Runs then." },
        keep_days: { type: "integer", description: "Delete them." },
      },
    };
    const { limits, failure, retention } = limitFields("trigger-event", schema, {});
    expect(limits.map(({ name, description }) => [name, description])).toEqual([["debounce", "Start once. Default: each change starts a run."]]);
    expect(failure.map(({ name }) => name)).toEqual(["on_failure"]);
    expect(retention.map(({ name }) => name)).toEqual(["keep_days"]);
  });
});
