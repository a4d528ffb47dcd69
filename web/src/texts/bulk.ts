/** Words of what is done to many runs at once. */

export const bulkTexts = {
  select: (when: string) => `Select the run of ${when}`,
  all: "Select all that are listed",
  allShort: "Select all",
  selected: (count: number) => (count === 1 ? "1 selected" : `${count} selected`),
  matching: "All that match",
  with: "With these",
  deeds: { retry: "Run again …", fromFailed: "Go on from what failed …", cancel: "Cancel …" },
  matchingDeeds: {
    retry: "Run all failed ones again …",
    fromFailed: "Go on from what failed, with all failed ones …",
    cancel: "Cancel all open ones …",
  },
  asked: {
    retry: (count: string) => `Run ${count} again?`,
    cancel: (count: string) => `Cancel ${count}?`,
    retryText: "Each becomes a new run with the same trigger data. Tests, and runs that have a retry already, are left out.",
    cancelText: "Steps that are under way come to their end; nothing after them begins.",
    do: { retry: "Run them again", cancel: "Cancel them" },
    none: "There is none that this can be done to.",
    keep: "Leave them",
  },
  runs: (count: number, more: boolean) => (more ? `${count} or more runs` : count === 1 ? "1 run" : `${count} runs`),
  done: { retry: (count: number) => `${runs(count)} started again`, cancel: (count: number) => `${runs(count)} cancelled` },
  refused: (count: number, why: string) => `${runs(count)} could not be changed: ${why}`,
};

function runs(count: number): string {
  return count === 1 ? "1 run" : `${count} runs`;
}
