/** Of the panel that says what one step does. */

/** What values of choices are called; others as they are written, without their underlines. */
const CHOICES: Readonly<Record<string, string>> = {
  INSERT: "Created", UPDATE: "Changed", DELETE: "Deleted", any: "Any of these",
  cron: "Own cron expression", every: "At an interval", daily: "Every day", weekly: "Every week", monthly: "Every month", dates: "On dates",
  duration: "For a while", date: "Until a date", weekday: "Until a weekday", time_of_day: "Until a time of day",
  none: "None", json: "JSON", form: "Form fields", raw: "Text as it is",
  bearer: "Bearer token", basic: "User name and password", header: "Key in a header", query: "Key in the address",
  signature: "Signed (Standard Webhooks)", hmac: "Signed by the sender’s own way (HMAC)",
  link: "Link header", next_url: "Address in the answer", cursor: "Cursor", page: "Page numbers", offset: "Offset",
  immediately: "At once", last_step: "With the output of the run",
  reply: "A reply", condition: "A condition", change: "A change", automation: "Another automation", signal: "A signal",
  fixed: "Always the same", round_robin: "In turn", false: "Never", html: "HTML",
  retry: "Do it again", fail: "Fail", stop: "End the run as failed", continue: "Go on",
  exponential: "Twice as long each time", base64: "Base64", enum: "One of a list", text: "Text",
};

/** By field, where one value means several things. */
const OF_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  on_missed: { once: "One run for the latest", all: "A run for each", none: "Nothing" },
  overlap: { allow: "Start beside it", skip: "Leave this one out", queue: "Start when it is over" },
  mode: {
    all: "All branches that live", any: "The first that arrives",
    queue: "Others wait, in order", skip: "Others are left out", cancel_previous: "A newer one ends those before it", parallel: "Side by side",
  },
  record: { none: "No record" },
  per: { record: "The record", lead: "The lead", conversation: "The conversation", automation: "The whole automation" },
  if_past: { continue: "Go on at once", next: "Wait for the next time", stop: "End the run as completed", fail: "Fail the step" },
};
const AS_WRITTEN = new Set(["method", "methods"]);

export const configTexts = {
  close: "Close the panel",
  tabs: { setup: "Setup", settings: "Settings", output: "Output" },
  tabsOf: "Parts of the step",
  nameOf: "Name",
  hasProblem: "Something is wrong here",
  problems: "This step cannot be published yet",
  more: "More options",
  nothingToSetUp: "There is nothing to set up: it works as it is.",
  unknownType: {
    title: "This type of step is not installed",
    text: "What it does is kept, and shown below as it is stored. Install the package that it comes from, or take the step out.",
  },
  choice: (value: string, field = "") => (AS_WRITTEN.has(field) ? value : (OF_FIELDS[field]?.[value] ?? CHOICES[value] ?? humanised(value))),
  event: (value: string) => (value === "any" ? "Any" : CHOICES[value] ?? value),
  optional: "Not set",
  standard: (value: string) => `${value} (unless you say otherwise)`,
  example: (value: string) => `e.g. ${value}`,
  on: "On",
  off: "Off",
  notJson: (mistake: string) => `This is no JSON yet: ${mistake}. It is kept once it is.`,
  noFigureYet: (before: string) => `This is no number yet, such as 30 or 1.5. Until it is one, ${before} stays.`,
  leave: "Leave out",
  leaveOut: (title: string) => `Leave out ${title}`,
  setUp: (title: string) => `Set ${title}`,
  setUpShort: "Set",
  choose: "Choose",
  list: {
    addShort: "Add",
    add: (title: string) => `Add to ${title}`,
    item: (title: string, number: number) => `${title}, ${number}`,
    remove: (title: string, number: number) => `Remove ${title.toLowerCase()} ${number}`,
    up: (title: string, number: number) => `Move ${title.toLowerCase()} ${number} up`,
    down: (title: string, number: number) => `Move ${title.toLowerCase()} ${number} down`,
    number: (number: number) => `${number}.`,
  },
  pairs: {
    add: "Add a row",
    name: "Name",
    column: "Column",
    nameOf: (title: string, number: number) => `Name of row ${number} of ${title}`,
    valueOf: (title: string, name: string, number: number) => `Value of ${name === "" ? `row ${number}` : name} in ${title}`,
    value: "Value",
    remove: (name: string, number: number) => `Remove ${name === "" ? `row ${number}` : name}`,
    repeated: "This name is there twice: the last one counts.",
  },
  variants: { none: "Not set" },
  kinds: { text: "Text", number: "Number", switch: "Yes or no", list: "List", json: "Code (JSON)", null: "Nothing" },
  kindOf: (title: string) => `Kind of ${title}`,
  expression: {
    use: (title: string) => `Use an expression for ${title}`,
    fixed: (title: string) => `Use a fixed value for ${title}`,
    placeholder: "{{ … }}",
  },
  duration: { amount: (title: string) => `${title}: amount`, unit: (title: string) => `${title}: unit` },
  seconds: (words: string) => `= ${words}`,
};

function humanised(value: string): string {
  const text = value.replace(/[_-]/g, " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}
