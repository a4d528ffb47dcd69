/** Runs that call runs: who called this one, and which one a step called. */

import { isObject } from "@/flow/drawing";
import { awaitedBy, type StepRecord, textOf } from "@/flow/runRecord";
import { isId } from "@/lib/ids";


/** The automation whose run called this one; null: nobody did, and where it has a parent, it is a retry of that. */
export function callerOf({ trigger_data: data, parent_id: parent }: { readonly trigger_data: unknown; readonly parent_id: string | null }): string | null {
  const by = isObject(data) ? data["called_by"] : null;
  // A retry of a called run keeps who had called that.
  return isObject(by) && by["run_id"] === parent ? textOf(by["automation_id"]) : null;
}

/** The run that a step has called, and of which automation; null: none, or it is not on record. */
export function calledRun(record: StepRecord): { readonly automation: string; readonly run: string } | null {
  if (record.type !== "action-run-automation" || !isObject(record.input)) return null;
  const automation = textOf(record.input["automation"]);
  const waited = awaitedBy(record)?.signal ?? "";
  const run = (isObject(record.output) ? textOf(record.output["run_id"]) : null) ?? waited.replace(/^run:/, "");
  return automation !== null && isId(run) ? { automation, run } : null;
}

/** What a code step printed; null: it is no such step, or it printed nothing. */
export function printedBy({ type, output }: Pick<StepRecord, "type" | "output">): string | null {
  return type === "transform-code" && isObject(output) ? textOf(output["printed"]) : null;
}
