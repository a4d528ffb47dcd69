/** With which version an ended run can go on from what failed, or from one of its steps. */

import { editorRunsTexts } from "@/texts/editor-runs";

const texts = editorRunsTexts.goOn;

export interface VersionChoice {
  /** Null: the one that it ran, which need not be named. */
  readonly version: number | null;
  readonly text: string;
  readonly about: string;
}

/** What is published first: whoever mended something wants that. One, where there is nothing to choose. */
export function versionChoices(ran: number | null, published: number | null): readonly VersionChoice[] {
  const same: VersionChoice = { version: null, text: ran === null ? texts.same : texts.ran(ran), about: texts.ranAbout };
  if (ran === null || published === null || ran === published) return [same];
  return [{ version: published, text: texts.published(published), about: texts.publishedAbout }, same];
}
