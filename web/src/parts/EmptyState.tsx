import { Group, Stack, Text, Title } from "@mantine/core";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";

import { IconTile } from "./IconTile";
import { Prose } from "./Prose";

interface EmptyStateProps {
  icon: LucideIcon;
  title: string;
  text: string;
  actions?: ReactNode;
  children?: ReactNode;
}

/** Where there is nothing yet: what would be here, and how it comes here. */
export function EmptyState({ icon: Icon, title, text, actions, children }: EmptyStateProps) {
  return (
    <Stack align="center" gap="md" py={56} px="lg" ta="center">
      <IconTile color={null} size={52}>
        <Icon size={26} strokeWidth={1.7} />
      </IconTile>
      <Stack gap={6} maw={520}>
        <Title order={3} size="h4">
          {title}
        </Title>
        <Text c="dimmed" size="sm">
          <Prose text={text} />
        </Text>
      </Stack>
      {actions !== undefined && <Group justify="center">{actions}</Group>}
      {children}
    </Stack>
  );
}
