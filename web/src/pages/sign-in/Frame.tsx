import { Card, Center, Stack, Text, Title } from "@mantine/core";
import type { ReactNode } from "react";

import { signInTexts } from "@/texts/sign-in";

import classes from "./Frame.module.css";

export function Frame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <Center component="main" mih="100vh" p="md" className={classes.ground}>
      <Stack w="100%" maw={460} gap="lg">
        <Stack align="center" gap="xs" ta="center">
          <img src="/favicon.svg" width={48} height={48} alt="" />
          <Title order={1} size="h2">
            {title}
          </Title>
          <Text c="dimmed" size="sm" maw={380}>
            {signInTexts.claim}
          </Text>
        </Stack>
        <Card withBorder padding="xl" radius="lg" className={classes.card}>
          <Stack gap="lg">{children}</Stack>
        </Card>
      </Stack>
    </Center>
  );
}
