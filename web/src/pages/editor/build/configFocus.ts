/** Between a step and its panel. */

import { configTexts } from "@/texts/config";

export const CONFIG_ID = "step-config";
const MOST_TRIES = 30;

/** The focus to the name of the step in its panel, once that is there. */
export function openConfig(): void {
  let tries = 0;
  const attempt = () => {
    const field = document.getElementById(CONFIG_ID)?.querySelector<HTMLInputElement>(`input[aria-label="${configTexts.nameOf}"]`);
    tries += 1;
    if (field !== null && field !== undefined) {
      field.focus();
      field.select();
    } else if (tries < MOST_TRIES) requestAnimationFrame(attempt);
  };
  requestAnimationFrame(attempt);
}
