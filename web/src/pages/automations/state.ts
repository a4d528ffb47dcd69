/** What an automation is, of its two columns `status` and `enabled`; and what its switch does. */

import type { components } from "@/lib/api-types";

export type AutomationRow = components["schemas"]["AutomationListItem"];
export type State = "live" | "off" | "draft" | "paused" | "error";
export type Action = "enable" | "disable" | "resume";

export function stateOf({ status, enabled }: Pick<AutomationRow, "status" | "enabled">): State {
  if (status === "active") return enabled ? "live" : "off";
  return status;
}

/** Null: nothing can be switched before it is published. */
export function switchAction(state: State): Action | null {
  switch (state) {
    case "live":
      return "disable";
    case "off":
      return "enable";
    case "paused":
    case "error":
      return "resume";
    case "draft":
      return null;
  }
}

/** The row as it will be, until the server says how it is. */
export function afterAction(row: AutomationRow, action: Action): AutomationRow {
  if (action === "resume") return { ...row, status: "active" };
  return { ...row, enabled: action === "enable" };
}
