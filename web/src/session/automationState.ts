/** What an automation is, of its two columns `status` and `enabled`; and what its switch does. */

import type { components } from "@/lib/api-types";

import { answer, api } from "./client";

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

export function sendAction(id: string, action: Action): Promise<unknown> {
  const params = { path: { automation_id: id } };
  switch (action) {
    case "enable":
      return answer(api.POST("/api/v1/automations/{automation_id}/enable", { params }));
    case "disable":
      return answer(api.POST("/api/v1/automations/{automation_id}/disable", { params }));
    case "resume":
      return answer(api.POST("/api/v1/automations/{automation_id}/resume", { params }));
  }
}
