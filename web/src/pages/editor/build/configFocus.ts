/** Between a step and its panel. */

export const CONFIG_ID = "step-config";

/** The focus to the first field of the panel, its name, once it is there. */
export function openConfig(): void {
  let tries = 0;
  const attempt = () => {
    const field = document.getElementById(CONFIG_ID)?.querySelector<HTMLInputElement>("input, textarea, button");
    tries += 1;
    if (field !== null && field !== undefined) field.focus();
    else if (tries < 20) requestAnimationFrame(attempt);
  };
  requestAnimationFrame(attempt);
}
