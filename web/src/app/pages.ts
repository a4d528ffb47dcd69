/** First parts of the addresses that are pages: the server sends the editor for these and nothing else (api/editor.py). */
export const PAGES = [
  "automations",
  "runs",
  "approvals",
  "leads",
  "conversations",
  "secrets",
  "api-keys",
  "team",
  "ai-tools",
  "settings",
  "sign-in",
  "join",
] as const;

export type Page = (typeof PAGES)[number];
