import { Alert, Anchor, Button, Group, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { CircleAlert } from "lucide-react";
import { Link } from "react-router";

import { partsTexts } from "@/texts/parts";

import { told } from "./problem";
import { Prose } from "./Prose";

interface ProblemNoticeProps {
  error: unknown;
  onRetry?: () => void;
  /** The list in which it is not. */
  back?: { readonly to: string; readonly text: string };
}

/** In the place of what could not be loaded. */
export function ProblemNotice({ error, onRetry, back }: ProblemNoticeProps) {
  const { title, text } = told(error);
  return (
    <Alert color="red" variant="light" title={<Prose text={title} />} icon={<CircleAlert size={18} />} role="alert" radius="md">
      <Stack gap="sm" align="flex-start">
        <span>
          <Prose text={text} />
        </span>
        {(onRetry !== undefined || back !== undefined) && (
          <Group gap="sm">
            {onRetry !== undefined && (
              <Button size="xs" variant="default" onClick={onRetry}>
                {partsTexts.retry}
              </Button>
            )}
            {back !== undefined && (
              <Anchor component={Link} to={back.to} size="sm">
                {back.text}
              </Anchor>
            )}
          </Group>
        )}
      </Stack>
    </Alert>
  );
}

/** In passing, of something that a person did. */
export function notifyProblem(error: unknown): void {
  const { title, text } = told(error);
  notifications.show({ color: "red", title: <Prose text={title} />, message: <Prose text={text} />, icon: <CircleAlert size={18} />, autoClose: 10_000 });
}
