import { ActionIcon, Group, Select, Text } from "@mantine/core";
import { ChevronLeft, ChevronRight, Repeat } from "lucide-react";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { type Drawing, nodeOf } from "@/flow/drawing";
import type { Rounds } from "@/flow/rounds";
import { editorRunsTexts } from "@/texts/editor-runs";

import { classes } from "./classes";

const texts = editorRunsTexts.rounds;

interface RoundsBarProps {
  drawing: Drawing;
  catalogue: Catalogue;
  rounds: readonly Rounds[];
  onChoose: (loop: string, number: number) => void;
}

/** Of each loop, which round is on the canvas. */
export function RoundsBar({ drawing, catalogue, rounds, onChoose }: RoundsBarProps) {
  if (rounds.length === 0) return null;
  return (
    <Group className={classes.rounds} gap="lg">
      {rounds.map((one) => {
        const node = nodeOf(drawing, one.loop);
        const name = node === null ? one.loop : titleOf(node, catalogue);
        const at = one.list.findIndex((round) => round.number === one.shown);
        const step = (by: number) => {
          const next = one.list[at + by];
          if (next !== undefined) onChoose(one.loop, next.number);
        };
        return (
          <Group key={one.loop} gap={6} wrap="nowrap">
            <Repeat size={14} aria-hidden />
            <Text size="xs" fw={550}>
              {name}
            </Text>
            <ActionIcon size="sm" variant="default" aria-label={texts.before} disabled={at <= 0} onClick={() => step(-1)}>
              <ChevronLeft size={14} />
            </ActionIcon>
            <Select
              size="xs"
              w={148}
              searchable={one.list.length > 12}
              aria-label={texts.label(name)}
              data={one.list.map(({ number, tone }) => ({ value: String(number), label: texts.round(number + 1, one.total) + texts.tones[tone] }))}
              value={String(one.shown)}
              onChange={(value) => value !== null && onChoose(one.loop, Number(value))}
              allowDeselect={false}
            />
            <ActionIcon size="sm" variant="default" aria-label={texts.after} disabled={at < 0 || at >= one.list.length - 1} onClick={() => step(1)}>
              <ChevronRight size={14} />
            </ActionIcon>
          </Group>
        );
      })}
    </Group>
  );
}
