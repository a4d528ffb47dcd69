import { afterEach, expect, it, vi } from "vitest";

import { lookedAt } from "./useNow";

afterEach(() => vi.useRealTimers());

it("is the same time for a while, and then another", () => {
  vi.useFakeTimers({ now: Date.now() + 60_000 });
  const first = lookedAt();
  expect(first).toEqual(new Date());
  vi.advanceTimersByTime(1_000);
  expect(lookedAt()).toBe(first);
  vi.advanceTimersByTime(15_000);
  expect(lookedAt()).toEqual(new Date());
});
