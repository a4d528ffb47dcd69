import { expect, it } from "vitest";

import { configNames, sectionOf } from "./sections";

it("knows where a field is", () => {
  const config = configNames({ properties: { url: {}, timeout_seconds: {} } });
  const of = (path: (string | number)[], type = "action-http") => sectionOf(path, config, type);
  expect(of(["url"])).toBe("setup");
  expect(of(["timeout_seconds"])).toBe("setup");
  expect(of(["retry", "attempts"])).toBe("settings");
  expect(of(["pinned"])).toBe("output");
  expect(of(["unknown"])).toBe("setup");
  expect(of(["breaker"], "trigger-event")).toBe("settings");
});
