/** Texts with `{{ … }}` in them, as somebody types them. */

import { flowTexts } from "@/texts/flow";

import { isObject, type Json } from "./drawing";
import type { Source, Variable } from "./variables";

export interface Piece {
  readonly text: string;
  readonly isExpression: boolean;
}

const words = flowTexts.variables;
const BRACES = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}/g;
const BARE_PATH = /^\{\{\s*([A-Za-z_]\w*(?:\.[\w-]+|\[\s*(?:\d+|"[^"\\]*")\s*\])*)\s*\}\}$/;

/** In its order, whole: joined they are the text again. */
export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const { 0: found, index } of text.matchAll(BRACES)) {
    if (index > done) pieces.push({ text: text.slice(done, index), isExpression: false });
    pieces.push({ text: found, isExpression: true });
    done = index + found.length;
  }
  if (done < text.length) pieces.push({ text: text.slice(done), isExpression: false });
  return pieces;
}

/** The path of an expression that is nothing but one. */
export function barePath(expression: string): string | null {
  return BARE_PATH.exec(expression)?.[1] ?? null;
}

export interface Edit {
  readonly text: string;
  readonly cursor: number;
}

/** Where braces were opened before the cursor and not closed, and what was typed since; null: nowhere. */
export function openBraces(text: string, cursor: number): { readonly from: number; readonly typed: string } | null {
  const from = text.lastIndexOf("{{", cursor - 1);
  if (from < 0) return null;
  const typed = text.slice(from + 2, cursor);
  return /\}\}|[\n|]/.test(typed) ? null : { from, typed: typed.trim() };
}

/** Whether braces before the cursor wait for more: what is typed is no mistake yet. */
export function isUnfinished(text: string, cursor: number): boolean {
  const before = text.slice(0, cursor);
  return before.endsWith("{") || before.lastIndexOf("{{") > before.lastIndexOf("}}");
}

/** The path in braces at the selection: in the place of the expression that the cursor is in, or of braces that were opened. */
export function insertPath(text: string, start: number, end: number, path: string): Edit {
  const around = start === end ? expressionAround(text, start) : null;
  if (around !== null) return replaced(text, around[0], around[1], path);
  const open = openBraces(text, start);
  const from = open?.from ?? start;
  const closed = open === null ? null : /^\s*\}\}/.exec(text.slice(end));
  return replaced(text, from, end + (closed?.[0].length ?? 0), path);
}

function replaced(text: string, from: number, to: number, path: string): Edit {
  const inserted = `{{ ${path} }}`;
  return { text: text.slice(0, from) + inserted + text.slice(to), cursor: from + inserted.length };
}

/** Where the whole expression begins and ends that the cursor is within; braces that were only opened are none. */
function expressionAround(text: string, cursor: number): readonly [from: number, to: number] | null {
  let done = 0;
  for (const { text: piece, isExpression } of piecesOf(text)) {
    const end = done + piece.length;
    if (isExpression && cursor > done + 1 && cursor < end - 1 && !piece.slice(2).includes("{{")) return [done, end];
    done = end;
  }
  return null;
}

/** Within the expression at the cursor, or that ends there; null: there is none. */
export function insertFilter(text: string, cursor: number, filter: string): Edit | null {
  let done = 0;
  for (const { text: piece, isExpression } of piecesOf(text)) {
    const end = done + piece.length;
    if (isExpression && piece.startsWith("{{") && cursor > done && cursor <= end) {
      const inner = piece.slice(0, -2).trimEnd();
      const filled = `${inner} | ${filter} }}`;
      return { text: text.slice(0, done) + filled + text.slice(end), cursor: done + filled.length };
    }
    done = end;
  }
  return null;
}

/** `{{ x | join(", ") }}` has `join(", ")`. */
export function filterIn(name: string, example: string): string {
  const call = new RegExp(`\\|\\s*(${name}\\b(?:\\([^)]*\\))?)`).exec(example);
  return call?.[1] ?? name;
}

const LONGEST_SAMPLE = 60;

/** A sample in a few letters; of an object the names of what is in it. */
export function shortSample(sample: Json): string {
  if (sample === null) return words.nothing;
  const text = isObject(sample) ? `{ ${Object.keys(sample).join(", ")} }` : Array.isArray(sample) ? words.list(sample.length) : sampleText(sample);
  const line = text.replace(/\s+/g, " ");
  return line.length > LONGEST_SAMPLE ? `${line.slice(0, LONGEST_SAMPLE - 1)}…` : line;
}

export function variableAt(sources: readonly Source[], path: string): Variable | null {
  for (const source of sources) {
    const found = inVariables(source.variables, path);
    if (found !== null) return found;
  }
  return null;
}

function inVariables(variables: readonly Variable[], path: string): Variable | null {
  for (const variable of variables) {
    if (variable.path === path) return variable;
    if (!path.startsWith(variable.path)) continue;
    const found = inVariables(variable.children, path);
    if (found !== null) return found;
  }
  return null;
}

/** What the text comes to with the samples, as the server works it out; null where that takes more than looking up. */
export function previewOf(text: string, sources: readonly Source[]): string | null {
  const pieces = piecesOf(text);
  if (!pieces.some((piece) => piece.isExpression)) return null;
  // An expression by itself keeps its type: it is no text yet.
  const whole = pieces.length === 1 ? variableAt(sources, barePath(text) ?? "") : null;
  if (whole !== null && typeof whole.sample !== "string") return shortSample(whole.sample);
  const parts = pieces.map((piece) => (piece.isExpression ? sampleIn(piece.text, sources) : piece.text));
  return parts.includes(null) ? null : parts.join("");
}

function sampleIn(expression: string, sources: readonly Source[]): string | null {
  const path = barePath(expression);
  const variable = path === null ? null : variableAt(sources, path);
  return variable === null ? null : sampleText(variable.sample);
}

/** In a text null is nothing, and what is no text is JSON. */
export function sampleText(value: Json): string {
  if (value === null) return "";
  return typeof value === "string" ? value : JSON.stringify(value);
}
