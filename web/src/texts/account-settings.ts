/** Words of the page with the settings of an account. */

const INSTALLATION = "What is left empty is as the installation has it.";

export const accountSettingsTexts = {
  title: "Settings",
  text: "What holds for the whole account: its mail, its language model, and what that may use.",
  readOnly: {
    title: "You can look, not change",
    text: "Owners and admins of this account change its settings. Ask one of them.",
  },
  mail: { title: "Mail", text: `Whom mails of this account come from, and by which server they go. ${INSTALLATION}` },
  ai: { title: "Language model", text: `What AI steps ask, and how much they may use. ${INSTALLATION}` },
  fields: {
    mail_from: { label: "Sender", hint: "An address, or a name with one: Shop <hello@shop.example>." },
    mail_reply_to: { label: "Answers go to", hint: "An address. Empty: to the sender." },
    mail_server: {
      label: "Mail server",
      hint: "smtp://host:587 (encrypted by STARTTLS) or smtps://host:465, without a login. It needs a sender of your own.",
    },
    mail_user: { label: "User at the mail server", hint: "As whom to log in there. Empty: without a login." },
    mail_password_secret: { label: "Secret with the password", hint: "One of this account’s secrets; goes together with the user." },
    ai_base_url: { label: "Endpoint", hint: "An address that speaks OpenAI’s protocol, such as https://api.example.com/v1." },
    ai_key_secret: { label: "Secret with the key", hint: "One of this account’s secrets. It goes to this endpoint and to no other." },
    ai_model: { label: "Model", hint: "As the endpoint spells it. A step may name another one." },
    ai_tokens_per_day: { label: "Tokens a day", hint: "What all AI steps together may use until midnight UTC. 0: none." },
  },
  fromInstallation: (value: string) => `The installation’s holds: ${value}`,
  hidden: "The installation’s holds; it is not shown.",
  noSecret: "There is no such secret.",
  toSecrets: "To the secrets",
  notTokens: "A whole number of tokens, such as 200,000; 0 allows none.",
  save: "Save",
  discard: "Discard",
  saved: "Saved",
  usage: {
    title: "Use of language models",
    text: "Of all AI steps of this account, in tokens, by days of UTC.",
    today: "Today",
    ofLimit: (used: string, limit: string) => `${used} of ${limit} tokens`,
    noLimit: (used: string) => `${used} tokens; there is no limit`,
    none: "AI steps may use nothing: the limit is 0 tokens a day.",
    reserved: (count: string) => `${count} more are set aside for calls under way.`,
    full: "The day is used up: AI steps fail until midnight UTC. A higher limit lets them go on at once.",
    month: "This month",
    monthly: (tokens: string, calls: number) => `${tokens} tokens in ${calls === 1 ? "1 call" : `${calls.toLocaleString("en")} calls`}`,
    days: (count: number, most: string) => `Tokens of the last ${count} days, at most ${most} in one`,
    day: (day: string, tokens: string) => `${day}: ${tokens} tokens`,
    meter: "Tokens used today",
  },
  elsewhere: {
    title: "What is set elsewhere",
    text: "Other limits belong to one automation, or to the whole installation.",
    columns: { what: "What", where: "Where" },
    rows: [
      ["How many runs there may be, and what runs when one fails", "Settings of each automation"],
      ["Time zones", "Each schedule and each wait that goes by the clock"],
      ["How long runs are kept", "Settings of each automation, at most as long as the installation has it (`automations.retention_days`, `automations.failed_retention_days`)"],
      ["Requests of the API a minute", "Installation: `AUTOMATIONS_API_REQUESTS_PER_MINUTE`"],
    ] as readonly (readonly [what: string, where: string])[],
  },
};
