import { secretsTexts } from "@/texts/secrets";

const NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** What is wrong with the name of a new secret; null: nothing. */
export function problemOfName(name: string, taken: readonly string[]): string | null {
  if (!NAME.test(name)) return secretsTexts.form.badName;
  return taken.includes(name) ? secretsTexts.form.taken : null;
}
