/** Of what is chosen to be filled in: variables, filters, secrets. */

export const variableTexts = {
  insert: "Insert a variable",
  insertInto: (title: string) => `Insert a variable into ${title}`,
  dialog: "Variables",
  search: "Search variables and values",
  lists: "What to insert",
  variables: "Variables",
  filters: "Filters",
  secrets: "Secrets",
  inUse: "In use",
  secretSample: "•••",
  newSecret: "New secret",
  noSecrets: "There is no secret yet.",
  none: "Nothing comes before this step yet: connect it behind others to use what they come to.",
  noneFound: (search: string) => `Nothing has “${search}” in its name or its value.`,
  from: (title: string, path: string) => `${path}, from ${title}`,
  keys: "↑↓ choose · → open · ↵ insert · esc close",
  filterHint: "A filter changes what a variable comes to. It goes into the braces where the cursor is.",
  noBraces: "Put the cursor into a {{ … }} first: filters go in there.",
  preview: "With the samples:",
  sampleOf: (path: string) => `Sample of ${path}`,
};
