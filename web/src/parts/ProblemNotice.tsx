import { Alert, Button, Stack } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { CircleAlert } from "lucide-react";

import { partsTexts } from "@/texts/parts";

import { told } from "./problem";
import { Prose } from "./Prose";

/** In the place of what could not be loaded. */
export function ProblemNotice({ error, onRetry }: { error: unknown; onRetry?: () => void }) {
  const { title, text } = told(error);
  return (
    <Alert color="red" variant="light" title={<Prose text={title} />} icon={<CircleAlert size={18} />} role="alert" radius="md">
      <Stack gap="sm" align="flex-start">
        <span>
          <Prose text={text} />
        </span>
        {onRetry !== undefined && (
          <Button size="xs" variant="default" onClick={onRetry}>
            {partsTexts.retry}
          </Button>
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
