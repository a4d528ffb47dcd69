import { Badge, Button, Code, Group, Stack, Text, Tooltip } from "@mantine/core";
import { Play } from "lucide-react";

import { aiToolsTexts as texts } from "@/texts/ai-tools";

import type { Tool } from "./tools";

interface ToolItemProps {
  tool: Tool;
  mayRun: boolean;
  onTry: () => void;
}

export function ToolItem({ tool, mayRun, onTry }: ToolItemProps) {
  return (
    <Group justify="space-between" align="flex-start" wrap="nowrap" gap="lg" px="lg" py="md">
      <Stack gap={6} miw={0}>
        <Text ff="monospace" size="sm" fw={600}>
          {tool.name}
        </Text>
        <Text size="sm" c="dimmed" maw={680}>
          {tool.description}
        </Text>
        <Group gap={6}>
          <Text size="xs" c="dimmed" fw={550}>
            {tool.fields.length === 0 ? texts.noInputs : texts.inputs}
          </Text>
          {tool.fields.map((field) => (
            <Group key={field.name} gap={4} wrap="nowrap">
              <Code {...(field.description === null ? {} : { title: field.description })}>{field.name}</Code>
              {field.isRequired && (
                <Badge size="xs" variant="light" radius="sm" tt="none">
                  {texts.required}
                </Badge>
              )}
            </Group>
          ))}
        </Group>
      </Stack>
      <Tooltip label={texts.whyNot} disabled={mayRun}>
        <Button
          size="xs"
          variant="default"
          leftSection={<Play size={14} />}
          disabled={!mayRun}
          aria-label={texts.tryOutOf(tool.name)}
          onClick={onTry}
          style={{ flexShrink: 0 }}
        >
          {texts.tryOut}
        </Button>
      </Tooltip>
    </Group>
  );
}
