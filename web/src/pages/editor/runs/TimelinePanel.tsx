import { ActionIcon, Group, Text, VisuallyHidden } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { ChevronDown, ChevronUp } from "lucide-react";
import { useMemo } from "react";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { type Drawing, nodeOf } from "@/flow/drawing";
import { awaitedBy, type StepRecord } from "@/flow/runRecord";
import { type Bar, roomFor, timelineOf } from "@/flow/timeline";
import { duration } from "@/parts/time";
import { useNow } from "@/parts/useNow";
import type { Run } from "@/session/runs";
import { editorTexts } from "@/texts/editor";
import { editorRunsTexts } from "@/texts/editor-runs";

import { toneOf } from "./runMarks";
import classes from "./timeline.module.css";

const texts = editorRunsTexts.timeline;

interface TimelinePanelProps {
  drawing: Drawing;
  catalogue: Catalogue;
  run: Run;
  /** Of the rounds that are looked at: those of a long loop would be a wall. */
  records: ReadonlyMap<string, StepRecord>;
  isOpen: boolean;
  selected: string | null;
  onSelect: (id: string) => void;
}

/** When each step was at work. Each bar is a button; its words are the row of a table. */
export function TimelinePanel({ drawing, catalogue, run, records, isOpen, selected, onSelect }: TimelinePanelProps) {
  const [isShown, { toggle }] = useDisclosure(true);
  const now = useNow().getTime();
  const line = useMemo(() => {
    const end = run.completed_at === null ? (isOpen ? now : Date.parse(run.started_at)) : Date.parse(run.completed_at);
    return timelineOf(drawing, [...records.values()], Date.parse(run.started_at), end);
  }, [drawing, records, run, isOpen, now]);
  const nameOf = (bar: Bar) => {
    const node = nodeOf(drawing, bar.record.nodeId);
    return node === null ? bar.record.name : titleOf(node, catalogue);
  };
  return (
    <section className={classes.timeline} aria-label={texts.label}>
      <Group justify="space-between" className={classes.head}>
        <Text size="xs" fw={600}>
          {texts.label}
        </Text>
        <Group gap="sm">
          <Text size="xs" c="dimmed" className="number">
            {line.bars.length > 0 && duration(run.duration_ms ?? line.milliseconds)}
          </Text>
          <ActionIcon size="sm" variant="subtle" color="gray" onClick={toggle} aria-expanded={isShown} aria-label={isShown ? texts.hide : texts.show}>
            {isShown ? <ChevronDown size={15} /> : <ChevronUp size={15} />}
          </ActionIcon>
        </Group>
      </Group>
      {isShown && line.bars.length === 0 && (
        <Text size="xs" c="dimmed" px="md" pb="sm">
          {texts.none}
        </Text>
      )}
      {isShown && line.bars.length > 0 && (
        <table className={classes.rows}>
          <caption>
            <VisuallyHidden>{texts.table}</VisuallyHidden>
          </caption>
          <thead>
            <tr>
              <th scope="col">{texts.columns.step}</th>
              <th scope="col">{texts.columns.status}</th>
            </tr>
          </thead>
          <tbody>
            {line.bars.map((bar) => (
              <Row key={bar.place} bar={bar} name={nameOf(bar)} isSelected={bar.record.nodeId === selected} onSelect={onSelect} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Row({ bar, name, isSelected, onSelect }: { bar: Bar; name: string; isSelected: boolean; onSelect: (id: string) => void }) {
  const { record, wait } = bar;
  const tone = toneOf(record.state);
  const took = record.milliseconds === null || awaitedBy(record) !== null ? "" : duration(record.milliseconds);
  const room = roomFor(bar);
  const waited = wait === null ? "" : texts.waited(duration(wait.milliseconds));
  return (
    <tr data-selected={isSelected || undefined}>
      <th scope="row">
        <button type="button" onClick={() => onSelect(record.nodeId)} className={classes.name} aria-pressed={isSelected}>
          {name}
        </button>
      </th>
      <td>
        <VisuallyHidden>{[editorTexts.tones[tone], took, waited].filter(Boolean).join(", ")}</VisuallyHidden>
        <div className={classes.track} aria-hidden title={[editorTexts.tones[tone], took, waited].filter(Boolean).join(" · ")}>
          {wait !== null && <span className={classes.wait} style={{ left: `${wait.from}%`, width: `${wait.length}%` }} />}
          <span className={classes.bar} data-tone={tone} style={{ left: `${bar.from}%`, width: `${bar.length}%` }} />
          <span className={classes.took} data-room={room} style={labelAt(bar)}>
            {waited === "" ? took : waited}
          </span>
        </div>
      </td>
    </tr>
  );
}

function labelAt(bar: Bar) {
  const start = bar.wait?.from ?? bar.from;
  const room = roomFor(bar);
  if (room === "after") return { left: `${bar.from + bar.length}%` };
  return room === "before" ? { right: `${100 - start}%` } : { left: `${start}%` };
}
