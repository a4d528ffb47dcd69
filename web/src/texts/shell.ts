export const shellTexts = {
  navigation: "Main navigation",
  skip: "Skip to the content",
  menu: "Open or close the navigation",
  pages: { automations: "Automations", runs: "Runs", approvals: "Approvals", leads: "Leads", conversations: "Conversations", secrets: "Secrets", "ai-tools": "AI tools", "api-keys": "API keys", team: "Team", settings: "Settings" },
  groups: { work: "Work", account: "Account" },
  help: { api: "API", label: "HTTP API, every route" },
  account: {
    choose: "Switch account",
    own: "Your account",
    other: (id: string) => `Account ${id.slice(0, 8)}`,
    role: (role: string | null) => role ?? "member of a team that is managed elsewhere",
    none: "No account",
    key: "API key",
  },
  theme: { label: "Colours", light: "Light", dark: "Dark", auto: "As the system" },
  signOut: "Sign out",
  live: {
    live: "Live: changes appear by themselves",
    connecting: "Connecting …",
    away: "Not live: trying to reach the server",
  },
  health: {
    no_worker: "No worker is connected: nothing starts or goes on until one is.",
    noWorkerHint: "Start one with `automations worker`, or `automations up` on a laptop. What is due waits, nothing is lost.",
    late: (age: string) => `Runs start late: the oldest has been waiting for ${age}.`,
    lateHint: "The workers are busy, or held up. More of them share the work.",
  },
  noAccount: {
    title: "This token reaches no account",
    server: "It is a server's token, which stands for everybody. Sign in as a person.",
    person: "Ask the owner of an account for an invitation, then open its link.",
  },
};
