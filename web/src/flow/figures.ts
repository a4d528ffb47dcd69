/** Numbers as people type them. What cannot be read is stored as it stands, so that it is shown, told and not published. */

import { figuresTexts as texts } from "@/texts/figures";

import type { Json } from "./drawing";

export interface FigureRule {
  readonly isInteger: boolean;
  readonly least: number | null;
  /** It has to be more than this. */
  readonly above: number | null;
  readonly most: number | null;
}

export const ANY_FIGURE: FigureRule = { isInteger: false, least: null, above: null, most: null };

const GROUPED = /^[+-]?\d{1,3}([ \u00a0]\d{3})+(?=$|[.,])/;
const FIGURE = /^[+-]?(\d+([.,]\d*)?|[.,]\d+)(e[+-]?\d+)?$/i;
// 1,500 is fifteen hundred to some, and one and a half to others.
const AMBIGUOUS = /^[+-]?[1-9]\d{0,2},\d{3}$/;
// More of them do not fit into a number of JavaScript, and would come back as others.
const MOST_DIGITS = 15;

/** Null: no number, or one that could not be kept as it is written. */
export function readFigure(text: string): number | null {
  const trimmed = text.trim();
  const plain = GROUPED.test(trimmed) ? trimmed.replace(/[ \u00a0]/g, "") : trimmed;
  if (!FIGURE.test(plain) || AMBIGUOUS.test(plain)) return null;
  const [mantissa = ""] = plain.split(/e/i);
  const digits = mantissa.replace(/[^\d]/g, "").replace(/^0+/, "");
  const number = Number(plain.replace(",", "."));
  return digits.length <= MOST_DIGITS && Number.isFinite(number) ? number : null;
}

/** What is stored of what is typed; nothing typed is nothing set. */
export function figureFrom(text: string): Json | undefined {
  return text.trim() === "" ? undefined : (readFigure(text) ?? text);
}

/** Long ones in groups of three digits. */
export function figureText(value: Json | undefined): string {
  if (typeof value !== "number") return typeof value === "string" ? value : "";
  const text = String(value);
  return /^-?\d{5,}(\.|$)/.test(text) ? text.replace(/\B(?<!\.\d*)(?=(\d{3})+(?!\d))/g, " ") : text;
}

/** Null: it can be used, or there is none. */
export function figureMistake(value: Json | undefined, rule: FigureRule): string | null {
  if (value === undefined || value === null || value === "") return null;
  if (typeof value !== "number") return texts.unread;
  if (rule.isInteger && !Number.isInteger(value)) return texts.whole(figureText(Math.floor(value)), figureText(Math.ceil(value)));
  const { least, above, most } = rule;
  const isOut = (least !== null && value < least) || (above !== null && value <= above) || (most !== null && value > most);
  return isOut ? rangeWords(rule) : null;
}

function rangeWords({ least, above, most }: FigureRule): string {
  const said = [least === null ? null : texts.least(figureText(least)), above === null ? null : texts.above(figureText(above)), most === null ? null : texts.most(figureText(most))];
  return said.filter((one) => one !== null).join(" ");
}

/** One more or one less by the arrows, which stop at the ends of the range. */
export function stepped(value: Json | undefined, by: number, rule: FigureRule): number {
  const { least, above, most } = rule;
  const low = least ?? (above === null ? -Infinity : above + 1);
  // Of what is out of the range already, towards it.
  const next = typeof value === "number" ? Number((value + by).toPrecision(MOST_DIGITS)) : Math.max(1, low);
  return Math.min(Math.max(next, low), most ?? Infinity);
}
