/** What starts an automation, in words: of its row in a list, and of its trigger on the canvas. */

import { flowTexts } from "@/texts/flow";

import { readFilter } from "./changeRule";
import { conditionInWords } from "./conditionWords";
import type { Json, JsonObject } from "./drawing";
import { operandText } from "./operators";

const words = flowTexts.trigger;
const schedules = flowTexts.schedule;

/** `type`: of the column `trigger_type`, or of a node. */
export function triggerInWords(type: string, config: JsonObject): string {
  switch (type.replace(/^trigger-/, "").replace("-", "_")) {
    case "event":
      return config["event_source"] === "webhook" ? words.webhook : eventInWords(config);
    case "webhook":
      return words.webhook;
    case "schedule":
      return scheduleInWords(config);
    case "manual":
      return config["record"] === "lead" || config["record"] === "conversation"
        ? words.manualOn(sourceName(config["record"]))
        : words.manual;
    case "ai_tool":
      return typeof config["tool_name"] === "string" ? words.aiTool(config["tool_name"]) : words.aiToolUnnamed;
    default:
      return words.none;
  }
}

function eventInWords(config: JsonObject): string {
  const source = config["event_source"];
  if (typeof source !== "string") return words.none;
  const what = sourceName(source);
  const { rule, rest } = readFilter(config);
  if (config["event_type"] === "UPDATE" && rule.column !== null && rule.to !== undefined) {
    const [column, to] = [rule.column.replace(/_/g, " "), operandText(rule.to)];
    const becomes = rule.from === undefined ? words.becomes(what, column, to) : words.goes(what, column, operandText(rule.from), to);
    const more = conditionInWords(rest);
    return more === null ? becomes : words.onlyIf(becomes, more);
  }
  const condition = conditionInWords(config["conditions"]);
  const begins = eventWords(what, config);
  return condition === null ? begins : words.onlyIf(begins, condition);
}

function eventWords(what: string, config: JsonObject): string {
  switch (config["event_type"]) {
    case "INSERT":
      return words.created(what);
    case "DELETE":
      return words.deleted(what);
    case "UPDATE": {
      const columns = texts(config["watch"]).map((one) => one.replace(/_/g, " "));
      if (columns.length === 0) return words.changed(what);
      return (columns.length === 1 ? words.columnChanged : words.columnsChanged)(what, listed(columns));
    }
    case "any":
      return words.any(what);
    default:
      return words.noEvent(what);
  }
}

export function sourceName(source: string): string {
  return flowTexts.sources[source] ?? source.replace(/_/g, " ").replace(/s$/, "");
}

export function scheduleInWords(config: JsonObject): string {
  const zone = config["timezone"];
  const text = repeats(config);
  return typeof zone === "string" && zone !== "UTC" && text !== schedules.unknown ? schedules.zone(text, zone) : text;
}

function repeats(config: JsonObject): string {
  const times = listed(texts(config["times"]));
  switch (config["kind"] ?? "cron") {
    case "every": {
      const { amount, unit } = config;
      if (typeof amount !== "number" || typeof unit !== "string") return schedules.unknown;
      return schedules.every(amount, (amount === 1 ? schedules.unit : schedules.units)[unit] ?? unit);
    }
    case "daily":
      return schedules.daily(times);
    case "weekly":
      return schedules.weekly(dayNames(texts(config["weekdays"])), times);
    case "monthly": {
      const days = Array.isArray(config["days"]) ? config["days"].filter((day) => typeof day === "number") : [];
      return schedules.monthly(listed(days.map(schedules.monthDay)), times);
    }
    case "dates":
      return schedules.dates(texts(config["dates"]).length);
    default:
      return typeof config["cron"] === "string" ? cronInWords(config["cron"]) : schedules.unknown;
  }
}

// Sunday is 0 and 7.
const CRON_DAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** The few forms that most have; others as they are written, for the form shows the next ten times. */
function cronInWords(cron: string): string {
  const [minute = "", hour = "", day, month, weekday = ""] = cron.trim().split(/\s+/);
  const each = /^\*\/(\d+)$/.exec(minute);
  if (each !== null && [hour, day, month, weekday].every((one) => one === "*")) return schedules.every(Number(each[1]), "minutes");
  if (!/^\d+$/.test(minute) || !/^\d+$/.test(hour) || month !== "*") return schedules.cron(cron);
  const time = `${hour.padStart(2, "0")}:${minute.padStart(2, "0")}`;
  if (day === "*" && weekday === "*") return schedules.daily(time);
  if (day === "*" && weekday === "1-5") return schedules.weekly(schedules.weekdays, time);
  if (day === "*" && /^[0-7](,[0-7])*$/.test(weekday)) {
    return schedules.weekly(dayNames(weekday.split(",").map((one) => CRON_DAYS[Number(one)] ?? one)), time);
  }
  if (weekday === "*" && day !== undefined && /^\d+$/.test(day)) return schedules.monthly(schedules.monthDay(Number(day)), time);
  return schedules.cron(cron);
}

export function dayNames(days: readonly string[]): string {
  return listed(days.map((day) => schedules.days[day] ?? day));
}

export function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1) ?? "";
  return items.length < 2 ? last : `${items.slice(0, -1).join(", ")} and ${last}`;
}
