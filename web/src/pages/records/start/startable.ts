/** Which automations can be started by hand on a record. */

import { type RecordKind, type StartForm, startFormOf } from "@/flow/inputForm";
import type { JsonObject } from "@/flow/drawing";
import type { Named } from "@/session/automationNames";

export interface Startable {
  readonly id: string;
  readonly name: string;
  readonly form: StartForm;
}

export function startableOn(kind: RecordKind, automations: Iterable<Named>): Startable[] {
  return [...automations].flatMap(({ id, name, enabled, status, trigger_type: type, trigger_config: config }) => {
    if (!enabled || status !== "active" || type !== "manual") return [];
    const form = startFormOf("trigger-manual", config as JsonObject);
    return form?.record === kind ? [{ id, name, form }] : [];
  });
}
