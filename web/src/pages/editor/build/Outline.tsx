import { Group, Text, UnstyledButton } from "@mantine/core";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import type { Drawing } from "@/flow/drawing";
import { outlineOf } from "@/flow/outline";
import { summaryOf } from "@/flow/summaries";
import { namesIn } from "@/flow/variableWords";
import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { editorTexts as texts } from "@/texts/editor";

import classes from "./Outline.module.css";

const INDENT = 28;

interface OutlineProps {
  readonly drawing: Drawing;
  readonly catalogue: Catalogue;
  readonly selection: ReadonlySet<string>;
  readonly onSelect: (id: string) => void;
}

/** The flow as a list: for screen readers, and for whoever likes to read. */
export function Outline({ drawing, catalogue, selection, onSelect }: OutlineProps) {
  const names = namesIn(drawing);
  return (
    <ol className={classes.outline}>
      {outlineOf(drawing, catalogue).map(({ node, depth, way, again }, index) => (
        <li key={index} className={classes.step} style={{ paddingInlineStart: depth * INDENT }}>
          <UnstyledButton className={classes.choose} aria-current={selection.has(node.id) || undefined} onClick={() => onSelect(node.id)}>
            <Group gap="sm" wrap="nowrap">
              <IconTile color={null} size={32}>
                <NamedIcon name={catalogue.get(node.type)?.icon ?? null} size={16} />
              </IconTile>
              <div>
                {way !== null && (
                  <Text size="xs" c="dimmed">
                    {way}
                  </Text>
                )}
                <Text size="sm" fw={550}>
                  {titleOf(node, catalogue)}
                  {node.disabled && ` (${texts.disabled})`}
                </Text>
                <Text size="xs" c="dimmed">
                  {again ? texts.again : summaryOf(node, names)}
                </Text>
              </div>
            </Group>
          </UnstyledButton>
        </li>
      ))}
    </ol>
  );
}
