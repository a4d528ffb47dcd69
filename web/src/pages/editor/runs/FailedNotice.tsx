import { Alert, Button, Group, Text } from "@mantine/core";
import { CircleX } from "lucide-react";
import { Link } from "react-router";

import { type Catalogue, titleOf } from "@/flow/catalogue";
import { type Drawing, nodeOf } from "@/flow/drawing";
import { sentence } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import type { Run } from "@/session/runs";
import { editorRunsTexts } from "@/texts/editor-runs";

import { useDraft } from "@/pages/editor/draft/useDraft";
import { classes } from "./classes";

const texts = editorRunsTexts.failed;

interface FailedNoticeProps {
  run: Run;
  drawing: Drawing;
  catalogue: Catalogue;
  onShow: (id: string) => void;
}

export function FailedNotice({ run, drawing, catalogue, onShow }: FailedNoticeProps) {
  const { drawing: draft, select } = useDraft((now) => now);
  const node = run.error_node_id === null ? null : nodeOf(drawing, run.error_node_id);
  const isDrawn = node !== null && nodeOf(draft, node.id) !== null;
  return (
    <Alert
      color="red"
      variant="light"
      radius={0}
      icon={<CircleX size={18} />}
      title={node === null ? texts.anywhere : texts.at(titleOf(node, catalogue))}
      className={classes.failed}
    >
      <Prose text={sentence(run.error ?? "")} />
      {isDrawn && (
        <Text size="xs" mt={4}>
          {run.test_mode ? texts.todoTest : texts.todo}
        </Text>
      )}
      {node !== null && (
        <Group gap="xs" mt={8}>
          <Button size="compact-xs" variant="default" onClick={() => onShow(node.id)}>
            {texts.show}
          </Button>
          {isDrawn && (
            <Button size="compact-xs" variant="default" component={Link} to={`/automations/${run.automation_id}`} onClick={() => select([node.id])}>
              {texts.build}
            </Button>
          )}
        </Group>
      )}
    </Alert>
  );
}
