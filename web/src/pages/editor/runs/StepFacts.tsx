import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";

import type { FlowNode } from "@/flow/drawing";
import { awaitedBy, isWait, roundOf, type StepRecord } from "@/flow/runRecord";
import { wayInWords } from "@/flow/wayWords";
import { duration, fullTime } from "@/parts/time";
import { useNow } from "@/parts/useNow";
import { editorRunsTexts } from "@/texts/editor-runs";

import { classes } from "./classes";
import { awaitedInWords } from "./waitWords";

const texts = editorRunsTexts.step;

/** When, how long, which way: what is known of it in numbers. */
export function StepFacts({ node, record }: { node: FlowNode; record: StepRecord }) {
  const now = useNow();
  const awaited = awaitedBy(record);
  const facts: [string, string | null][] = [
    [texts.waits, awaited === null ? null : awaitedInWords(awaited, record.state === "retrying", now)],
    [isWait(record) && awaited === null ? texts.over : texts.started, record.startedAt === null ? null : fullTime(new Date(record.startedAt))],
    [texts.took, record.milliseconds === null || awaited !== null || isWait(record) ? null : duration(record.milliseconds)],
    [texts.attempts, record.attempt > 1 ? String(record.attempt) : null],
    [texts.way, record.handle === null || record.handle === "out" ? null : wayInWords(node, record.handle)],
    [texts.round, roundOf(record) === null ? null : String(roundOf(record))],
  ];
  const known = facts.filter(([, value]) => value !== null);
  return (
    <>
      {known.length > 0 && (
        <dl className={classes.facts}>
          {known.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className="number">{value}</dd>
            </div>
          ))}
        </dl>
      )}
      {record.fromRun !== null && (
        <Text size="xs">
          <Anchor component={Link} to={`../runs/${record.fromRun}`} size="xs">
            {texts.from}
          </Anchor>
        </Text>
      )}
    </>
  );
}
