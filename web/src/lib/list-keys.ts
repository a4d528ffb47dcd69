/** Keys of what the seed's keys do not name. All begin as those do, so that one invalidation reaches them. */

import { queryKeys } from "./query-keys";

const { all } = queryKeys.automations;

export const listKeys = {
  runs: () => [...all, "runs"] as const,
  stats: () => [...all, "stats"] as const,
  approvals: () => ["approvals"] as const,
  templates: () => ["templates"] as const,
  nodeTypes: () => ["node-types"] as const,
  agents: (account: string) => ["agents", account] as const,
  leads: () => ["leads"] as const,
  conversations: () => ["conversations"] as const,
  /** One record with its timeline: what a run did may be in it. */
  records: () => ["records"] as const,
  record: (table: "leads" | "conversations", id: string) => ["records", table, id] as const,
  apiKeys: (account: string) => ["api-keys", account] as const,
  /** Null: those of all accounts. */
  people: (account: string | null) => ["people", account] as const,
  team: (account: string) => ["team", account] as const,
  invitations: (account: string) => ["invitations", account] as const,
  /** Automations are what tools are made of. */
  tools: (account: string) => [...all, "tools", account] as const,
  secrets: (account: string) => ["secrets", account] as const,
  settings: (account: string) => ["settings", account] as const,
  aiUsage: (account: string) => ["ai-usage", account] as const,
  health: () => ["health"] as const,
};
