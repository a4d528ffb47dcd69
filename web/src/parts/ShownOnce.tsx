import { Alert, Button, Group, Stack } from "@mantine/core";
import { ShieldAlert } from "lucide-react";

import { Dialog } from "./Dialog";
import { JsonBlock } from "./JsonBlock";

interface ShownOnceProps {
  title: string;
  text: string;
  label: string;
  value: string;
  done: string;
  onClose: () => void;
}

/** A click beside it must not lose what is never shown again. */
export function ShownOnce({ title, text, label, value, done, onClose }: ShownOnceProps) {
  return (
    <Dialog onClose={onClose} title={title} centered radius="lg" closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
      <Stack gap="md">
        <Alert color="yellow" variant="light" icon={<ShieldAlert size={18} />}>
          {text}
        </Alert>
        <JsonBlock title={label} value={value} />
        <Group justify="flex-end">
          <Button onClick={onClose}>{done}</Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
