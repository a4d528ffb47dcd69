/** Of a draft: whether it is saved, what is wrong with it, and how it is published. */

const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;

export const draftTexts = {
  saved: "Saved",
  saving: "Saving…",
  unsaved: "Not saved yet",
  offline: "Not saved: no connection, trying again",
  offlineHelp: "What you draw is kept on this machine, and sent as soon as the server can be reached.",
  refused: "Not saved",
  conflict: "Not saved: changed by somebody else",
  /** To whoever wants to publish or to test what the server does not have. */
  notSaved: {
    conflict: {
      title: "The draft was changed by somebody else.",
      text: "Compare the two first, and keep yours or take theirs.",
    },
    offline: {
      title: "The server does not answer.",
      text: "What you drew is kept on this machine. Try again as soon as it is saved.",
    },
  },
  taken: "Somebody else has changed this automation: you see theirs now.",
  resumed: "What you had drawn and not saved is here again.",
  viewer: "You may look at it; members of the account change it.",
  banner: {
    title: "Changed by somebody else",
    text: "The draft was saved elsewhere since you began to change it. Nothing of yours is lost: it is here, and is not saved.",
    compare: "Compare",
  },
  compare: {
    title: "Changed by somebody else: compare",
    text: "What differs from theirs to yours.",
    canvas: "What differs between their flow and yours",
    keep: "Keep mine",
    keepHelp: "Saves yours in place of theirs.",
    take: "Take theirs",
    takeHelp: "Yours is one step of undo away.",
    same: "Only places of steps differ.",
  },
  problems: {
    title: "Problems",
    none: "No problems",
    count: (problems: number, warnings: number) =>
      [...(problems === 0 ? [] : [many(problems, "problem", "problems")]), ...(warnings === 0 ? [] : [many(warnings, "warning", "warnings")])].join(", "),
    flow: "The flow",
    unchecked: "It could not be checked: no connection",
  },
  publish: {
    button: "Publish",
    title: "Publish",
    first: "It is published for the first time.",
    changes: "What is new",
    nothing: "Nothing has changed since the last version.",
    wrong: (count: number) => `${many(count, "problem keeps", "problems keep")} it from being published.`,
    goTo: "Show them",
    fine: "Everything that can be checked beforehand is in order.",
    doubtful: (warnings: number) => `It can be published; ${many(warnings, "text inserts", "texts insert")} what is not there on every way, and a run may fail there.`,
    checking: "Checking …",
    note: "Note",
    notePlaceholder: "What is new, for the list of versions",
    on: "Switch it on",
    onHelp: "Off: it is published, and starts nothing until it is switched on.",
    effect: "New runs take this version. Runs that are under way, waiting ones too, go on with the version they began with.",
    done: (number: number | null) => `Version ${number ?? ""} is published`,
    doneOn: "New runs take it from now on.",
    doneOff: "It starts nothing until it is switched on.",
  },
  bar: {
    rename: "Rename",
    name: "Name of the automation",
    on: "Switch it on",
    off: "Switch it off",
    more: "More",
    duplicate: "Duplicate",
    discard: "Discard the changes of the draft",
    discardTitle: "Discard the changes of the draft?",
    discardText: (number: number) => `The draft becomes what version ${number} is. It can be undone on the canvas.`,
    discardYes: "Discard",
    discarded: "The draft is as it was published. Undo brings the changes back.",
  },
} as const;
