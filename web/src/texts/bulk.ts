/** Words of what is done to many runs at once. */

const LEFT_OUT = "Tests, and runs that have a retry already, are left out.";

export const bulkTexts = {
  select: (when: string) => `Select the run of ${when}`,
  all: "Select all that are listed",
  allShort: "Select all",
  selected: (count: number) => (count === 1 ? "1 selected" : `${count} selected`),
  matching: "All that match",
  with: "With these",
  deeds: {
    retry: "Run again …",
    fromFailed: "Go on from what failed …",
    fromFailedWith: (version: number) => `Go on with version ${version} …`,
    cancel: "Cancel …",
  },
  matchingDeeds: {
    retry: "Run all failed ones again …",
    fromFailed: "Go on from what failed, with all failed ones …",
    fromFailedWith: (version: number) => `Go on with version ${version}, with all failed ones …`,
    cancel: "Cancel all open ones …",
  },
  asked: {
    retry: (count: string) => `Run ${count} again?`,
    fromFailed: (count: string) => `Go on with ${count}?`,
    fromFailedWith: (count: string) => `Go on with ${count}?`,
    cancel: (count: string) => `Cancel ${count}?`,
    about: {
      retry: `From the start, with what is published now: every step runs once more, and waits wait anew. ${LEFT_OUT}`,
      fromFailed: `What is done is kept, and the rest is tried as it was drawn when they ran. ${LEFT_OUT}`,
      fromFailedWith: `What is done is kept, and the rest is done as it is published now. Runs that have done something that is drawn otherwise now are left as they are. ${LEFT_OUT}`,
      cancel: "Steps that are under way come to their end; nothing after them begins.",
    },
    do: { retry: "Run them again", fromFailed: "Go on", fromFailedWith: "Go on", cancel: "Cancel them" },
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
