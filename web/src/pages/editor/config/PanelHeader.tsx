import { ActionIcon, Alert, Group, Text, TextInput } from "@mantine/core";
import { CircleAlert, X } from "lucide-react";
import { useState } from "react";

import type { NodeType } from "@/flow/catalogue";
import { type FlowNode, isTrigger } from "@/flow/drawing";
import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { Prose } from "@/parts/Prose";
import { configTexts as texts } from "@/texts/config";

import type { FieldProblem } from "./ConfigPanel";
import classes from "./panel.module.css";

interface PanelHeaderProps {
  readonly node: FlowNode;
  readonly type: NodeType | null;
  readonly isReadOnly: boolean;
  readonly problems: readonly FieldProblem[];
  readonly onLabel: (label: string) => void;
  readonly onClose?: () => void;
}

/** Its name is kept as it is typed: a blank at the end would be gone before the next word. */
export function PanelHeader({ node, type, isReadOnly, problems, onLabel, onClose }: PanelHeaderProps) {
  const [typed, setTyped] = useState<string | null>(null);
  const own = problems.filter((problem) => problem.path.length === 0);
  const title = type?.title ?? node.type;
  return (
    <div className={classes.header}>
      <Group wrap="nowrap" gap={12} align="flex-start">
        <IconTile color={isTrigger(node) ? "teal" : null} size={36}>
          <NamedIcon name={type?.icon ?? null} size={19} />
        </IconTile>
        <div className={classes.title}>
          <TextInput
            aria-label={texts.nameOf}
            placeholder={title}
            value={typed ?? node.label ?? ""}
            readOnly={isReadOnly}
            onFocus={() => setTyped(node.label ?? "")}
            onBlur={() => setTyped(null)}
            onKeyDown={(event) => event.key === "Enter" && event.currentTarget.blur()}
            onChange={(event) => {
              setTyped(event.currentTarget.value);
              onLabel(event.currentTarget.value);
            }}
          />
          <Text size="xs" c="dimmed" mt={2}>
            {node.label !== null && <b>{title}. </b>}
            {type !== null && <Prose text={type.description} />}
          </Text>
        </div>
        {onClose !== undefined && (
          <ActionIcon variant="subtle" color="gray" aria-label={texts.close} onClick={onClose}>
            <X size={18} />
          </ActionIcon>
        )}
      </Group>
      {own.length > 0 && (
        <Alert color={own.some((one) => one.isError) ? "red" : "yellow"} variant="light" icon={<CircleAlert size={16} />} mt="sm" p="xs">
          {own.map((one) => one.message).join(" ")}
        </Alert>
      )}
    </div>
  );
}
