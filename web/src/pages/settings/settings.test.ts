import { describe, expect, it } from "vitest";

import { ApiError } from "@/lib/api";
import { accountSettingsTexts as texts } from "@/texts/account-settings";

import { changesOf, isEdited, otherwise, ownProblems, ownText, problemsAt, type Setting, takenBack, withChanges } from "./fields";
import { DAYS, figuresOf } from "./usage";

const SETTINGS: readonly Setting[] = [
  { name: "mail_from", value: "a@b.example", source: "account" },
  { name: "mail_server", value: "smtp://mail.example.com:587", source: "installation" },
  { name: "mail_password_secret", value: null, source: "installation" },
  { name: "ai_model", value: null, source: "none" },
  { name: "ai_tokens_per_day", value: 200_000, source: "account" },
];

describe("settings of an account", () => {
  it("show what is its own in the fields, and beside them what holds without", () => {
    expect([ownText(SETTINGS, "mail_from"), ownText(SETTINGS, "mail_server"), ownText(SETTINGS, "ai_tokens_per_day")]).toEqual(["a@b.example", "", "200,000"]);
    expect([otherwise(SETTINGS, "mail_server"), otherwise(SETTINGS, "mail_password_secret"), otherwise(SETTINGS, "ai_model")]).toEqual([
      texts.fromInstallation("smtp://mail.example.com:587"),
      texts.hidden,
      null,
    ]);
  });

  it("are sent where they are others than before, and empty ones as none", () => {
    const edited = { mail_from: " ", mail_server: " smtps://own.example ", ai_model: "", ai_tokens_per_day: "1,500" };
    expect(changesOf(SETTINGS, edited)).toEqual({ mail_from: null, mail_server: "smtps://own.example", ai_tokens_per_day: 1_500 });
    expect([isEdited(SETTINGS, edited), isEdited(SETTINGS, { mail_from: "a@b.example ", ai_model: "" })]).toEqual([true, false]);
  });

  it("take numbers as people write them, and no others", () => {
    const problem = { ai_tokens_per_day: texts.notTokens };
    const typed = ["", "0", "1,000,000", "10 000", "many", "-1", "1.5", "9".repeat(16)];
    expect(typed.map((ai_tokens_per_day) => ownProblems({ ai_tokens_per_day }))).toEqual([{}, {}, {}, {}, problem, problem, problem, problem]);
  });

  it("change at once, and back without what changed meanwhile", () => {
    const changes = { mail_from: null, ai_model: "small" };
    const changed = withChanges(SETTINGS, changes);
    expect([changed[0], changed[3]]).toEqual([
      { name: "mail_from", value: null, source: "none" },
      { name: "ai_model", value: "small", source: "account" },
    ]);
    const meanwhile = withChanges(changed, { ai_tokens_per_day: 5 });
    expect(takenBack(meanwhile, SETTINGS, changes)).toEqual(withChanges(SETTINGS, { ai_tokens_per_day: 5 }));
  });

  it("are refused at the field that is to blame", () => {
    const refused = (problems: { field?: string; message: string }[]) =>
      problemsAt(new ApiError(422, { title: "", status: 422, code: "unusable", detail: "no", hint: "", problems }));
    expect(refused([{ field: "mail_from", message: "there is no @" }])).toEqual({ mail_from: "There is no @." });
    expect(refused([{ field: "ai_tokens_per_day.int", message: "too large" }])).toEqual({ ai_tokens_per_day: "Too large." });
    expect([refused([{ field: "toString", message: "x" }]), refused([{ message: "x" }]), problemsAt(new TypeError("away"))]).toEqual([{}, {}, {}]);
  });
});

describe("the use of language models", () => {
  const NOW = new Date("2026-11-02T23:59:00Z");
  const use = (day: string, calls: number, input_tokens: number, reserved = 0) => ({ day, calls, input_tokens, output_tokens: 10, reserved });
  const items = [use("2026-11-02", 2, 90, 50), use("2026-11-01", 1, 190), use("2026-10-31", 7, 390)];

  it("is told of today, of the month, and day by day", () => {
    const { days, ...figures } = figuresOf({ tokens_per_day: 300, items }, NOW);
    expect(figures).toEqual({ today: 100, reserved: 50, limit: 300, percent: 50, month: { tokens: 300, calls: 3 }, most: 400 });
    expect(days).toHaveLength(DAYS);
    expect(days.slice(-3)).toEqual([
      { day: "2026-10-31", tokens: 400, share: 1 },
      { day: "2026-11-01", tokens: 200, share: 0.5 },
      { day: "2026-11-02", tokens: 100, share: 0.25 },
    ]);
  });

  it("is nothing where nothing was asked, and has no share of a limit that is not there", () => {
    expect(figuresOf({ tokens_per_day: null, items: [] }, NOW)).toMatchObject({ today: 0, percent: null, most: 0 });
    expect(figuresOf({ tokens_per_day: 0, items: [] }, NOW).percent).toBe(100);
    expect(figuresOf({ tokens_per_day: 10, items }, NOW).percent).toBe(100);
  });
});
