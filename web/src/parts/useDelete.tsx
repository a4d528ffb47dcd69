import { Button, Group, Text } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import { partsTexts } from "@/texts/parts";

import { UNDO_MILLISECONDS, usePendingDeletes } from "./pendingDeletes";
import { notifyProblem } from "./ProblemNotice";

interface Deletion {
  id: string;
  name: string;
  /** Has to outlive the page: `keepalive`. */
  send: () => Promise<unknown>;
  /** Whether it was deleted or not: the list is loaded anew. */
  onEnd: () => Promise<unknown>;
}

/** Deletes after a while in which it can be undone. Nothing is sent before, so to undo is to do nothing. */
export function useDelete(): (deletion: Deletion) => void {
  const { add, undo } = usePendingDeletes.getState();

  return ({ id, name, send, onEnd }) => {
    const notice = `delete-${id}`;
    add(id, () => {
      // It may be held open by the pointer; there is nothing to undo any more.
      notifications.hide(notice);
      void send()
        .catch(notifyProblem)
        .then(onEnd)
        .finally(() => undo(id));
    });
    notifications.show({
      id: notice,
      autoClose: UNDO_MILLISECONDS,
      message: (
        <Group justify="space-between" wrap="nowrap" gap="md">
          <Text size="sm">{partsTexts.deleted(name)}</Text>
          <Button
            size="compact-sm"
            variant="light"
            onClick={() => {
              undo(id);
              notifications.hide(notice);
            }}
          >
            {partsTexts.undo}
          </Button>
        </Group>
      ),
    });
  };
}
