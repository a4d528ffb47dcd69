/** What is a chunk of its own. */

import { type ComponentType, lazy, type LazyExoticComponent } from "react";

type Load = () => Promise<unknown>;
const loads: Load[] = [];

/** Loaded where it is first shown, or ahead of that. */
export function onDemand<Props>(load: () => Promise<ComponentType<Props>>): LazyExoticComponent<ComponentType<Props>> {
  loads.push(load);
  return lazy(async () => ({ default: await load() }));
}

/** All of it that this page may show: it has to be there when the connection is not. */
export function loadAhead(): void {
  // What cannot be had now is asked for once more when it is shown.
  for (const load of loads) load().catch(() => {});
}
