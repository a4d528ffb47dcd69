import { SimpleGrid, Skeleton, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { Plus } from "lucide-react";

import { IconTile } from "@/parts/IconTile";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { automationsTexts } from "@/texts/automations";

import classes from "./Gallery.module.css";
import { useTemplates } from "./templates";

const texts = automationsTexts.createDialog;

export function Gallery({ onBlank, onTemplate }: { onBlank: () => void; onTemplate: (key: string, name: string) => void }) {
  const { data: templates, error, refetch } = useTemplates();
  return (
    <Stack gap="lg">
      <UnstyledButton className={classes.blank} onClick={onBlank} data-autofocus>
        <IconTile color={null} size={40}>
          <Plus size={20} />
        </IconTile>
        <span>
          <b>{texts.blank}</b>
          <Text size="sm" c="dimmed">
            {texts.blankText}
          </Text>
        </span>
      </UnstyledButton>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {texts.templates}
        </Title>
        {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="sm">
          {templates === undefined
            ? Array.from({ length: 6 }, (_, index) => <Skeleton key={index} h={92} radius="md" />)
            : templates.map(({ key, name, description }) => (
                <UnstyledButton key={key} className={classes.template} onClick={() => onTemplate(key, name)}>
                  <b>{name}</b>
                  <Text size="sm" c="dimmed">
                    {description}
                  </Text>
                </UnstyledButton>
              ))}
        </SimpleGrid>
      </Stack>
    </Stack>
  );
}
