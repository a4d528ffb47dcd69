import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";

import { type Sources, type Timeline, timelineOf, unknownRuns, type With, withRunsOfLead } from "./entries";

export type RecordTable = "leads" | "conversations";

/** The server gives no more than the last of these at once. */
const LIMITS = [30, 100, 200] as const;
const MOST_LOOKED_UP = 20;
const NOTHING: Timeline = { entries: [], hasMore: false };

export function useTimeline(table: RecordTable, id: string, other: With | null) {
  const [step, setStep] = useState(0);
  const limit = LIMITS[step] ?? 200;
  const query = useQuery({
    queryKey: [...listKeys.record(table, id), "timeline", limit, other],
    queryFn: async () => timelineOf(await sourcesOf(table, id, other, limit), limit),
    placeholderData: keepPreviousData,
  });
  const { entries, hasMore } = query.data ?? NOTHING;
  return { ...query, entries, hasMore, isAtEnd: step === LIMITS.length - 1, more: () => setStep(step + 1) };
}

async function sourcesOf(table: RecordTable, id: string, other: With | null, limit: number): Promise<Sources> {
  const of = table === "leads" ? { lead_id: id } : { conversation_id: id };
  const runsOf = async (about: typeof of | { lead_id: string }) => (await answer(api.GET("/api/v1/executions", { params: { query: { ...about, limit } } }))).items;
  const [events, runs, runsOfLead, messages] = await Promise.all([
    answer(api.GET("/api/v1/events", { params: { query: { source: table, record_id: id, limit } } })),
    runsOf(of),
    other === null ? [] : runsOf({ lead_id: other.lead }),
    answer(api.GET("/api/v1/messages", { params: { query: { ...of, limit } } })),
  ]);
  const found = { events: events.items, runs: other === null ? runs : withRunsOfLead(runs, runsOfLead, other.since, limit), messages: messages.items };
  const looked = await Promise.all(unknownRuns(found).slice(0, MOST_LOOKED_UP).map(automationOf));
  const automations = new Map(found.runs.map((run) => [run.id, run.automation_id] as const));
  for (const [run, automation] of looked) if (automation !== null) automations.set(run, automation);
  return { ...found, automations };
}

/** Null: the run is not there any more. */
async function automationOf(run: string): Promise<readonly [run: string, automation: string | null]> {
  try {
    const { automation_id: automation } = await answer(api.GET("/api/v1/executions/{execution_id}", { params: { path: { execution_id: run } } }));
    return [run, automation];
  } catch {
    return [run, null];
  }
}
