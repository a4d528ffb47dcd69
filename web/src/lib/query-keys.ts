// Keys of TanStack Query: the text of tests/db/DATABASE_SCHEMA.md, which a test compares.

export const queryKeys = {
  automations: {
    all: ['automations'] as const,
    lists: () => [...queryKeys.automations.all, 'list'] as const,
    list: (agentId: string) => [...queryKeys.automations.lists(), agentId] as const,
    details: () => [...queryKeys.automations.all, 'detail'] as const,
    detail: (id: string) => [...queryKeys.automations.details(), id] as const,
    executions: {
      all: (automationId: string) => [...queryKeys.automations.detail(automationId), 'executions'] as const,
      list: (automationId: string, filters?: { status?: string }) =>
        [...queryKeys.automations.executions.all(automationId), filters] as const,
      detail: (executionId: string) =>
        [...queryKeys.automations.all, 'execution', executionId] as const,
    },
  },
};
