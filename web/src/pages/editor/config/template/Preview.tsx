import { previewOf } from "@/flow/templateText";
import type { Source } from "@/flow/variables";
import { variableTexts as texts } from "@/texts/variables";

import classes from "./template.module.css";

/** What the text comes to with the samples; nothing where only the server could say. */
export function Preview({ text, sources, inWords }: { text: string; sources: readonly Source[]; inWords: ((text: string) => string) | undefined }) {
  const comesTo = previewOf(text, sources);
  if (comesTo === null) return null;
  return (
    <div className={classes.preview}>
      {texts.preview} <b>{inWords === undefined ? comesTo : inWords(comesTo)}</b>
    </div>
  );
}
