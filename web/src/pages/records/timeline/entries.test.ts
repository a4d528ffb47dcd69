import { describe, expect, it } from "vitest";

import { changedIn, type JournalEvent, type Message, type RunOfRecord, stageOf, timelineOf, unknownRuns, withRunsOfLead } from "./entries";

const at = (minute: number) => `2026-11-27T10:${String(minute).padStart(2, "0")}:00Z`;
const event = (id: number, given: Partial<JournalEvent> = {}) =>
  ({
    ...{ id, operation: "UPDATE", occurred_at: at(id), changed: ["stage", "updated_at"], old: { stage: "new" }, new: { stage: "qualified" } },
    ...{ execution_id: null, actor: null },
    ...given,
  }) as JournalEvent;
const run = (id: string, minute: number) => ({ id, automation_id: "a1", started_at: at(minute) }) as RunOfRecord;
const message = (id: string, minute: number, execution: string | null = null) => ({ id, created_at: at(minute), execution_id: execution }) as Message;
const automations = new Map([["r1", "a1"]]);

describe("the timeline of a record", () => {
  it("is one list of all that happened, the newest first", () => {
    const { entries, hasMore } = timelineOf({ events: [event(9), event(1)], runs: [run("r1", 5)], messages: [message("m1", 7, "r1")], automations }, 50);
    expect(entries.map(({ key }) => key)).toEqual(["event-9", "message-m1", "run-r1", "event-1"]);
    expect(hasMore).toBe(false);
  });

  it("begins with its making, whatever that started in the same moment", () => {
    const { entries } = timelineOf({ events: [event(5), event(3, { operation: "INSERT" })], runs: [run("r1", 2)], messages: [], automations }, 50);
    expect(entries.map(({ key }) => key)).toEqual(["event-5", "run-r1", "event-3"]);
  });

  it("has what a change started above it", () => {
    const started = (id: string, given: object) => ({ ...run(id, 2), trigger_type: "event", trigger_data: { table: "leads", event: "UPDATE", ...given } }) as RunOfRecord;
    const events = [event(6, { source: "leads" }), event(3, { source: "leads" }), event(1, { source: "leads" })];
    const runs = [started("r1", {}), started("r2", { table: "messages" })];
    const { entries } = timelineOf({ events, runs, messages: [], automations }, 50);
    expect(entries.map(({ key }) => key)).toEqual(["event-6", "run-r1", "event-3", "run-r2", "event-1"]);
  });

  it("says whether a run did it, a person, or nobody knows", () => {
    const events = [event(4, { execution_id: "r1", actor: "p1" }), event(3, { execution_id: "gone" }), event(2, { actor: "p1" }), event(1)];
    const { entries } = timelineOf({ events, runs: [], messages: [], automations }, 50);
    expect(entries.map((entry) => (entry.kind === "run" ? null : entry.by))).toEqual([
      { kind: "run", run: "r1", automation: "a1" },
      { kind: "run", run: "gone", automation: null },
      { kind: "person", id: "p1" },
      { kind: "unknown" },
    ]);
  });

  it("ends where one of the lists was cut", () => {
    const { entries, hasMore } = timelineOf({ events: [event(9), event(8)], runs: [run("r1", 3)], messages: [], automations }, 2);
    expect(entries.map(({ key }) => key)).toEqual(["event-9", "event-8"]);
    expect(hasMore).toBe(true);
  });

  it("tells what a change was, without what the database writes itself", () => {
    expect(changedIn(event(1))).toEqual([{ column: "stage", from: "new", to: "qualified" }]);
    expect(changedIn(event(1, { operation: "INSERT" }))).toEqual([]);
    expect(changedIn(event(1, { changed: ["owner_id"], old: {}, new: { owner_id: "x" } }))).toEqual([{ column: "owner", from: "nothing", to: "x" }]);
  });

  it("of a conversation has the runs of its lead that were not over before it began, each once", () => {
    const ended = (id: string, began: number, end: number | null) => ({ ...run(id, began), completed_at: end === null ? null : at(end) });
    const [over, open, later] = [ended("over", 1, 2), ended("open", 2, null), ended("later", 6, 7)];
    const found = withRunsOfLead([later], [later, open, over], at(5), 50);
    expect(found.map(({ id }) => id)).toEqual(["later", "open"]);
    expect(withRunsOfLead([later], [open], at(5), 1)).toEqual([later]);
  });

  it("looks up runs that are about another record", () => {
    const events = [event(2, { execution_id: "r2" }), event(1, { execution_id: "r1" })];
    expect(unknownRuns({ events, runs: [run("r1", 1)], messages: [message("m", 1, "r2")] })).toEqual(["r2"]);
  });

  it("does not say of what waits that it ran", () => {
    expect(stageOf({ status: "running", waiting: true })).toBe("waiting");
    expect(stageOf({ status: "pending", waiting: false })).toBe("open");
    expect(stageOf({ status: "failed", waiting: false })).toBe("ended");
  });
});
