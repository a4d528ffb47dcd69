import { Stack, TextInput, Title } from "@mantine/core";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { type Drawing, type JsonObject, nodeOf } from "@/flow/drawing";
import type { Outputs } from "@/flow/variables";
import { editorTexts as texts } from "@/texts/editor";

/** A mistake of one step; `path`: of the field in its config, `["cases", 0, "id"]`; empty: of the step itself. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly isError: boolean;
}

export interface ConfigPanelProps {
  readonly drawing: Drawing;
  readonly catalogue: Catalogue;
  readonly nodeId: string;
  readonly outputs: Outputs;
  readonly problems: readonly FieldProblem[];
  /** The field to go to, from the list of problems; an object of its own each time. */
  readonly jump: { readonly path: FieldProblem["path"] } | null;
  readonly isReadOnly: boolean;
  /** `field`: which one was changed, for undo. */
  readonly onConfig: (config: JsonObject, field: string) => void;
  readonly onLabel: (label: string) => void;
  readonly onDisabled: (disabled: boolean) => void;
  /** What is in `data` beside label and config: `note`, `retry`, `pinned` … */
  readonly onSettings: (settings: JsonObject, field: string) => void;
}

/** What one step does. */
export function ConfigPanel({ drawing, catalogue, nodeId, isReadOnly, onLabel }: ConfigPanelProps) {
  const node = nodeOf(drawing, nodeId);
  if (node === null) return null;
  return (
    <Stack p="md" gap="sm">
      <Title order={2} size="h4">
        {titleOf(node, catalogue)}
      </Title>
      <TextInput label={texts.name} value={node.label ?? ""} readOnly={isReadOnly} onChange={(event) => onLabel(event.currentTarget.value)} />
    </Stack>
  );
}
