import { ActionIcon, CopyButton, Group, Stack, Text, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";

import { partsTexts } from "@/texts/parts";

import classes from "./JsonBlock.module.css";

/** A value as it is, to be read and copied. */
export function JsonBlock({ title, value }: { title: string; value: unknown }) {
  const text = typeof value === "string" ? value : JSON.stringify(value, null, 2);
  return (
    <Stack gap={4}>
      <Group justify="space-between" wrap="nowrap" h={22}>
        <Text size="xs" c="dimmed" fw={550}>
          {title}
        </Text>
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Tooltip label={copied ? partsTexts.copied : partsTexts.copy(title)} openDelay={300}>
              <ActionIcon size="sm" variant="subtle" color="gray" onClick={copy} aria-label={copied ? partsTexts.copied : partsTexts.copy(title)}>
                {copied ? <Check size={13} /> : <Copy size={13} />}
              </ActionIcon>
            </Tooltip>
          )}
        </CopyButton>
      </Group>
      {/* It scrolls, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.json} tabIndex={0} role="group" aria-label={title}>
        {text}
      </pre>
    </Stack>
  );
}
