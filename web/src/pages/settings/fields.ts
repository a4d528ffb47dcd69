/** Settings of an account as fields of a form: what is shown, what was edited, what is sent. */

import { ApiError } from "@/lib/api";
import type { components } from "@/lib/api-types";
import { sentence } from "@/parts/problem";
import { accountSettingsTexts as texts } from "@/texts/account-settings";

export type Setting = components["schemas"]["AccountSetting"];
export type Changes = components["schemas"]["SettingChanges"];
export type Name = keyof typeof texts.fields;
export type Edited = Readonly<Partial<Record<Name, string>>>;
export type Problems = Readonly<Partial<Record<Name, string>>>;

export const MAIL: readonly Name[] = ["mail_from", "mail_reply_to", "mail_server", "mail_user", "mail_password_secret"];
export const AI: readonly Name[] = ["ai_base_url", "ai_key_secret", "ai_model", "ai_tokens_per_day"];
const SECRETS: readonly Name[] = ["mail_password_secret", "ai_key_secret"];
const TOKENS = "ai_tokens_per_day";
// Beyond it, JavaScript counts no longer by ones.
const MOST_DIGITS = 15;

export const isSecret = (name: Name) => SECRETS.includes(name);
export const isNumber = (name: Name) => name === TOKENS;

/** What the account has of its own, as it is typed. */
export function ownText(settings: readonly Setting[], name: Name): string {
  const setting = settings.find((one) => one.name === name);
  return setting?.source === "account" ? shown(setting.value) : "";
}

/** What the installation has for it while the field is empty; null: nothing. */
export function otherwise(settings: readonly Setting[], name: Name): string | null {
  const setting = settings.find((one) => one.name === name);
  if (setting?.source !== "installation") return null;
  return setting.value === null ? texts.hidden : texts.fromInstallation(shown(setting.value));
}

export function textOf(settings: readonly Setting[], edited: Edited, name: Name): string {
  return edited[name] ?? ownText(settings, name);
}

export function isEdited(settings: readonly Setting[], edited: Edited): boolean {
  return Object.entries(edited).some(([name, text]) => text.trim() !== ownText(settings, name as Name));
}

/** What keeps it from being sent: the rest is for the server to judge. */
export function ownProblems(edited: Edited): Problems {
  const text = edited[TOKENS] ?? "";
  return text.trim() === "" || readTokens(text) !== null ? {} : { [TOKENS]: texts.notTokens };
}

/** Only what is another one than before; null: as the installation has it. */
export function changesOf(settings: readonly Setting[], edited: Edited): Changes {
  const changed = Object.entries(edited)
    .map(([name, text]) => [name as Name, text.trim()] as const)
    .filter(([name, text]) => text !== ownText(settings, name));
  return Object.fromEntries(changed.map(([name, text]) => [name, text === "" ? null : isNumber(name) ? readTokens(text) : text]));
}

/** As they will be once the server has agreed. What the installation has instead, only the server knows. */
export function withChanges(settings: readonly Setting[], changes: Changes): Setting[] {
  return settings.map((setting) => {
    const value = changes[setting.name as Name];
    if (value === undefined) return setting;
    return { ...setting, value, source: value === null ? "none" : "account" };
  });
}

/** As they were before `changes`; what else was changed meanwhile stays. */
export function takenBack(settings: readonly Setting[], before: readonly Setting[], changes: Changes): Setting[] {
  return settings.map((setting) => (setting.name in changes ? (before.find(({ name }) => name === setting.name) ?? setting) : setting));
}

/** What the server said, by the field at which it is mended; empty: it is about none of them. */
export function problemsAt(error: unknown): Problems {
  if (!(error instanceof ApiError)) return {};
  const problems: Partial<Record<Name, string>> = {};
  for (const { field, message } of error.problem.problems ?? []) {
    const name = fieldOf(field);
    if (name !== null) problems[name] = sentence(message);
  }
  return problems;
}

function fieldOf(path: unknown): Name | null {
  const name = typeof path === "string" ? (path.split(".")[0] ?? "") : "";
  return Object.hasOwn(texts.fields, name) ? (name as Name) : null;
}

function readTokens(text: string): number | null {
  const digits = text.trim().replace(/(?<=\d)[,_ ](?=\d)/g, "");
  return /^\d+$/.test(digits) && digits.length <= MOST_DIGITS ? Number(digits) : null;
}

function shown(value: Setting["value"]): string {
  return typeof value === "number" ? value.toLocaleString("en") : (value ?? "");
}
