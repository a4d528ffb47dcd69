import { Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useId } from "react";

export function Section({ title, text, children }: { title: string; text: string; children?: ReactNode }) {
  const id = useId();
  return (
    <Paper component="section" withBorder radius="lg" p="lg" className="surface" aria-labelledby={id}>
      <Title order={2} size="h4" id={id}>
        {title}
      </Title>
      <Text size="sm" c="dimmed" mt={4}>
        {text}
      </Text>
      {children !== undefined && (
        <Stack gap="lg" mt="lg">
          {children}
        </Stack>
      )}
    </Paper>
  );
}
