/** Words of the tab with the settings of one automation. */

export const settingsTexts = {
  looks: {
    leaveTitle: "Leave without saving?",
    leaveText: "What you changed in name and looks is not saved. Go back to save it, or leave it as it was.",
    leave: "Leave it as it was",
    title: "Name and looks",
    text: "How people find it in lists. What you save here shows at once, and changes no run.",
    name: "Name",
    nameMissing: "Give it a name, so that it can be found.",
    description: "Description",
    descriptionText: "What it is for, for whoever finds it in the list. Default: none.",
    icon: "Icon",
    iconText: "Beside its name in lists. Default: the sign of a flow.",
    color: "Colour",
    colorText: "Of its icon. Default: the accent of the product.",
    none: "Default",
    save: "Save",
    discard: "Discard",
    saved: "Saved",
  },
  agent: {
    title: "Agent",
    text: "It works with the leads and conversations of this agent’s account. That is chosen when it is made; to have it with another agent, export it and import it there.",
  },
  runs: {
    title: "How many runs",
    text: "Part of the draft, as they stand in its trigger: undo takes changes back, and new runs keep to them once they are published.",
    noTrigger: "These are settings of the trigger, and there is none yet.",
    toBuild: "Choose what starts it",
    unknown: "The type of its trigger is not installed here: its settings are kept as they are.",
  },
  failure: {
    title: "When a run fails",
    text: "Another automation can be told of it, with what failed and on which record. Part of the draft, too.",
  },
  /** What holds where nothing is set, by the name of the field. */
  defaults: {
    concurrency: "Default: runs start side by side, as many as there are.",
    debounce: "Default: each change starts a run.",
    rate_limit: "Default: none but the starts per hour.",
    max_starts_per_hour: "Default: 100,000 within an hour.",
    breaker: "",
    keep_days: "",
    allow_reentry: "Default: they do not.",
    on_failure: "Default: none; the run is listed as failed.",
    overlap: "",
    on_missed: "",
    missed_at_most: "",
  } as Readonly<Record<string, string>>,
  retention: {
    title: "How long runs are kept",
    text: "Whoever operates the installation says how long at most; this automation may keep its runs for a shorter time. Open runs are kept however long they wait.",
    rows: [
      ["Completed and cancelled runs", "30 days unless set otherwise", "automations.retention_days"],
      ["Failed runs", "7 days unless set otherwise", "automations.failed_retention_days"],
    ] as readonly (readonly [what: string, usual: string, setting: string])[],
  },
};
