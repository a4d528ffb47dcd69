export const apiKeysTexts = {
  title: "API keys",
  text: "With a key a machine acts for this account, as far as its scopes go.",
  add: "New key",
  why: "Only owners and admins manage keys",
  columns: { name: "Name", scopes: "Scopes", used: "Last used", made: "Made", ends: "State", actions: "Actions" },
  state: { active: "Holds until revoked", until: (day: string) => `Until ${day}`, expired: "Expired", revoked: "Revoked" },
  revoke: "Revoke",
  revokeOf: (name: string) => `Revoke ${name}`,
  empty: {
    title: "No keys yet",
    text: "Make one for each program that calls the API or your AI tools. Then each can be ended by itself.",
  },
  closed: {
    title: "Keys are for owners and admins",
    text: "Ask one of them for a key with the scopes that your program needs. What keys did is in the audit log.",
  },
  scopes: {
    label: "What it may do",
    hint: "None includes another.",
    none: "Choose one at least.",
    names: { read: "Read", run: "Run", write: "Write" },
    texts: {
      read: "See automations, runs and records.",
      run: "Start, cancel and retry runs; call AI tools.",
      write: "Draw, publish, switch, change and delete.",
    },
  },
  form: {
    title: "New API key",
    name: "Name",
    nameHint: "The program that will use it. For example CRM.",
    ends: "How long it holds",
    days: { never: "Until it is revoked", "30": "30 days", "90": "90 days", "365": "One year" },
    make: "Make the key",
  },
  made: {
    title: "Copy the key now",
    text: "It is shown this once and kept nowhere. It goes where a token goes: Authorization: Bearer …",
    key: "API key",
    done: "I have copied it",
  },
  revoking: {
    title: (name: string) => `Revoke ${name}?`,
    text: "What uses it is refused from now on. It cannot be taken back; a new key can be made.",
    done: (name: string) => `${name} is revoked`,
  },
};
