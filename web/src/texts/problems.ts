/** Of what is wrong with a drawing, in the words of its forms. */

const many = (count: number, one: string, more: string) => `${count} ${count === 1 ? one : more}`;
const a = (what: string) => (/^[aeiou]/i.test(what) ? `an ${what}` : `a ${what}`);
const begun = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** What is chosen, where the title of the field is no name of it. */
const CHOSEN: Readonly<Record<string, string>> = { "Wait for": "what to wait for", To: "who it goes to" };

export const problemsTexts = {
  title: "Problems",
  none: "No problems",
  empty: "Nothing to check yet",
  count: (count: number) => many(count, "problem", "problems"),
  warnings: (count: number) => many(count, "warning", "warnings"),
  open: (count: number) => many(count, "field still to fill in", "fields still to fill in"),
  flow: "The flow",
  unchecked: "Not checked: no connection to the server. It is checked as soon as there is one.",
  fillIn: "Fill this in.",
  stillToFillIn: "Still to fill in.",
  stillToChoose: "Still to choose.",
  unfinished: "Still being typed.",
  choose: (title: string) => `Choose ${CHOSEN[title] ?? a(title.toLowerCase())}.`,
  sentence: (text: string) => (/[.!?]$/.test(text) ? begun(text) : `${begun(text)}.`),
  of: (title: string, text: string) => `${title}: ${text}`,
} as const;
