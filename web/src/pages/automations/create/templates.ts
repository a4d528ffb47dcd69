import { useQuery } from "@tanstack/react-query";

import type { components } from "@/lib/api-types";
import { type Drawing, type Json, type JsonObject, parseDrawing } from "@/flow/drawing";
import { filledIn } from "@/flow/places";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

export type Template = components["schemas"]["Template"];
export type Parameter = components["schemas"]["Parameter"];

export function useTemplates() {
  return useQuery({
    queryKey: listKeys.templates(),
    queryFn: async () => (await answer(api.GET("/api/v1/templates"))).items,
    staleTime: Infinity,
  });
}

export function useTemplate(key: string) {
  return useQuery({
    queryKey: [...listKeys.templates(), key],
    queryFn: () => answer(api.GET("/api/v1/templates/{key}", { params: { path: { key } } })),
    staleTime: Infinity,
  });
}

/** As texts, which is how they are sent. */
export type Given = Readonly<Record<string, string>>;

export function defaultsOf(parameters: readonly Parameter[]): Given {
  return Object.fromEntries(parameters.map((one) => [one.name, asText(one.default)]));
}

export function isComplete(parameters: readonly Parameter[], given: Given): boolean {
  return parameters.every((one) => one.default !== null || (given[one.name] ?? "").trim() !== "");
}

/** What differs from the defaults: those are the server's. */
export function changed(parameters: readonly Parameter[], given: Given): Given {
  const kept = parameters.filter((one) => (given[one.name] ?? "") !== asText(one.default));
  return Object.fromEntries(kept.map((one) => [one.name, given[one.name] ?? ""]));
}

/** As it will be drawn: with what was filled in, else the examples. */
export function drawingOf(template: Template, given: Given): Drawing {
  const values = new Map(template.parameters.map((one): [string, Json] => [one.name, valueOf(one, given[one.name] ?? "")]));
  return parseDrawing(filledIn(template.nodes as Json, values) as JsonObject[], template.edges);
}

function valueOf({ kind, example }: Parameter, text: string): Json {
  const given = text.trim() === "" ? example : text;
  if (kind === "number") return Number.isFinite(Number(given)) ? Number(given) : given;
  return kind === "text" || kind === "mail" ? given : given.split(",").map((part) => part.trim());
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(String).join(", ");
  return typeof value === "string" ? value : JSON.stringify(value);
}
