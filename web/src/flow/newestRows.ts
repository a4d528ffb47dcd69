/** Samples of the trigger with a row that is there instead of an invented one. */

import { type Drawing, isObject, isTrigger, type JsonObject } from "./drawing";
import type { Samples } from "./outputs";

/** Of what the trigger of a record event is about; null: of another table, whose rows nobody may read here. */
export function tableOfTrigger(drawing: Drawing): "leads" | "conversations" | null {
  const trigger = drawing.nodes.find(isTrigger);
  if (trigger?.type !== "trigger-event") return null;
  const source = trigger.config["event_source"];
  return source === "lead" ? "leads" : source === "conversation" ? "conversations" : null;
}

/** What the invented row had otherwise than the one before it stays different: a change is a change. */
export function withNewest(samples: Samples, drawing: Drawing, newest: JsonObject | null): Samples {
  const trigger = drawing.nodes.find(isTrigger);
  const known = trigger === undefined ? undefined : samples.get(trigger.id);
  if (newest === null || trigger === undefined || known === undefined) return samples;
  const told = Object.fromEntries(Object.entries(known).map(([way, sample]) => [way, withRow(sample, newest)]));
  return new Map(samples).set(trigger.id, told);
}

function withRow(sample: JsonObject, row: JsonObject): JsonObject {
  const { new: now, old, previous } = sample;
  const before = isObject(previous) && isObject(now) ? Object.entries(previous).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now[name])) : [];
  return {
    ...sample,
    ...(isObject(now) ? { new: row } : {}),
    ...(isObject(old) ? { old: row } : {}),
    ...(isObject(previous) ? { previous: { ...row, ...Object.fromEntries(before) } } : {}),
  };
}
