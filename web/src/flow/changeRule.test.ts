import { describe, expect, it } from "vitest";

import { readFilter, writeFilter } from "./changeRule";

const STAGE = { field: "new.stage", operator: "changed", to: "qualified" };
const SCORE = { field: "new.score", operator: "greater_than", value: 10 };

describe("the column that has to change", () => {
  it("is read apart from what else has to hold", () => {
    expect(readFilter({ conditions: STAGE, watch: ["stage"] })).toEqual({
      ...{ rule: { column: "stage", from: undefined, to: "qualified" }, rest: undefined, watched: ["stage"] },
    });
    expect(readFilter({ conditions: { all: [SCORE, STAGE] } })).toMatchObject({ rule: { column: "stage" }, rest: SCORE });
    expect(readFilter({ conditions: { any: [STAGE, SCORE] } })).toMatchObject({ rule: { column: null }, rest: { any: [STAGE, SCORE] } });
    expect(readFilter({ watch: ["stage"] }).rule.column).toBe("stage");
    expect(readFilter({ watch: ["stage", "score"] }).rule.column).toBeNull();
    expect(readFilter({ conditions: "odd" }).rest).toBe("odd");
  });

  it("is written as what is watched, and a condition", () => {
    const empty = readFilter({});
    const column = { column: "stage", from: undefined, to: undefined };
    expect(writeFilter({}, empty, { rule: column })).toEqual({ watch: ["stage"] });
    expect(writeFilter({}, empty, { rule: { ...column, to: "qualified" } })).toEqual({ watch: ["stage"], conditions: STAGE });
    const config = { event_type: "UPDATE", watch: ["stage"], conditions: { all: [STAGE, SCORE] } };
    const before = readFilter(config);
    expect(writeFilter(config, before, {})).toEqual(config);
    expect(writeFilter(config, before, { rest: undefined })).toEqual({ ...config, conditions: STAGE });
    expect(writeFilter(config, before, { rule: { column: null, from: undefined, to: undefined } })).toEqual({ event_type: "UPDATE", conditions: SCORE });
    expect(writeFilter(config, before, { rule: { column: "score", from: 1, to: undefined } })).toEqual({
      ...{ event_type: "UPDATE", watch: ["score"], conditions: { all: [{ field: "new.score", operator: "changed", from: 1 }, SCORE] } },
    });
  });

  it("leaves other watched columns alone", () => {
    const config = { watch: ["stage", "score"], conditions: STAGE };
    expect(writeFilter(config, readFilter(config), { rule: { column: "status", from: undefined, to: undefined } })).toEqual({ watch: ["status", "score"] });
  });
});
