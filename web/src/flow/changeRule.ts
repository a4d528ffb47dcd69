/** "When the stage goes from new to qualified": the column of a record event, apart from what else has to hold. */

import { type Condition, type Leaf, parseCondition, writeCondition } from "./conditionTree";
import type { Json, JsonObject } from "./drawing";
import { withKey } from "./formValues";
import { CHANGED } from "./operators";

export interface ChangeRule {
  /** Null: any. */
  readonly column: string | null;
  readonly from: Json | undefined;
  readonly to: Json | undefined;
}

export interface EventFilter {
  readonly rule: ChangeRule;
  /** What else has to hold. */
  readonly rest: Json | undefined;
  /** Null: more than this form shows is watched; the others are. */
  readonly watched: readonly string[];
}

const NO_RULE: ChangeRule = { column: null, from: undefined, to: undefined };

/** The change that is asked for is the first one that has to hold in any case. */
export function readFilter(config: JsonObject): EventFilter {
  const watched = Array.isArray(config["watch"]) ? config["watch"].filter((one) => typeof one === "string") : [];
  const given = config["conditions"] ?? undefined;
  const condition = parseCondition(given);
  const { change, rest } = condition === null ? { change: null, rest: given } : apart(condition);
  if (change !== null) {
    const column = change.field.slice("new.".length);
    return { rule: { column, from: change.rest["from"], to: change.rest["to"] }, rest, watched };
  }
  const [only, ...more] = watched;
  return { rule: only !== undefined && more.length === 0 ? { ...NO_RULE, column: only } : NO_RULE, rest: given, watched };
}

/** Watching the column makes no run for other changes; from and to are a condition. */
export function writeFilter(config: JsonObject, before: EventFilter, change: Partial<Pick<EventFilter, "rule" | "rest">>): JsonObject {
  const rule = change.rule ?? before.rule;
  const rest = "rest" in change ? change.rest : before.rest;
  const others = before.watched.filter((column) => column !== before.rule.column && column !== rule.column);
  const watch = rule.column === null ? others : [rule.column, ...others];
  const conditions = together(leafOf(rule), rest);
  return withKey(withKey(config, "watch", watch.length === 0 ? undefined : watch), "conditions", conditions);
}

function leafOf({ column, from, to }: ChangeRule): Leaf | null {
  if (column === null || column === "" || (from === undefined && to === undefined)) return null;
  return { kind: "leaf", field: `new.${column}`, operator: CHANGED, rest: { ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) } };
}

function together(change: Leaf | null, rest: Json | undefined): Json | undefined {
  if (change === null) return rest;
  const other = rest === undefined ? null : parseCondition(rest);
  if (other === null) return writeCondition(change);
  return writeCondition({ kind: "all", children: other.kind === "all" ? [change, ...other.children] : [change, other] });
}

function apart(condition: Condition): { change: Leaf | null; rest: Json | undefined } {
  if (isChange(condition)) return { change: condition, rest: undefined };
  if (condition.kind === "all") {
    const index = condition.children.findIndex(isChange);
    const change = condition.children[index];
    if (change !== undefined && isChange(change)) {
      const left = condition.children.filter((_, at) => at !== index);
      const [only] = left;
      if (only === undefined) return { change, rest: undefined };
      return { change, rest: writeCondition(left.length === 1 ? only : { kind: "all", children: left }) };
    }
  }
  return { change: null, rest: writeCondition(condition) };
}

function isChange(condition: Condition): condition is Leaf {
  return condition.kind === "leaf" && condition.operator === CHANGED && /^new\.\w+$/.test(condition.field);
}
