/** The tabs of an automation, each a chunk of its own. Their names are parts of addresses. */

import type { ComponentType, LazyExoticComponent } from "react";

import type { Catalogue } from "@/flow/catalogue";
import type { components } from "@/lib/api-types";
import { onDemand } from "@/parts/onDemand";
import { editorTexts } from "@/texts/editor";

export type Automation = components["schemas"]["Automation"];

export interface TabProps {
  readonly automation: Automation;
  readonly catalogue: Catalogue;
}

interface Tab {
  readonly name: string;
  readonly text: string;
  readonly Component: LazyExoticComponent<ComponentType<TabProps>>;
}

export const TABS: readonly Tab[] = [
  { name: "build", text: editorTexts.tabs.build, Component: onDemand(async () => (await import("./build/BuildTab")).BuildTab) },
  { name: "settings", text: editorTexts.tabs.settings, Component: onDemand(async () => (await import("./settings/SettingsTab")).SettingsTab) },
  { name: "runs", text: editorTexts.tabs.runs, Component: onDemand(async () => (await import("./runs/RunsTab")).RunsTab) },
  { name: "versions", text: editorTexts.tabs.versions, Component: onDemand(async () => (await import("./versions/VersionsTab")).VersionsTab) },
];

/** What comes after it in the address is the tab's own: `/automations/ID/runs/RUN`. */
export function tabNamed(rest: string): Tab | null {
  const name = rest.split("/")[0] ?? "";
  return TABS.find((tab) => tab.name === (name === "" ? "build" : name)) ?? null;
}
