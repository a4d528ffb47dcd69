import { Button, Group } from "@mantine/core";

import { accountSettingsTexts as texts } from "@/texts/account-settings";

interface SaveButtonsProps {
  canSave: boolean;
  isChanged: boolean;
  isSaving: boolean;
  onDiscard: () => void;
}

export function SaveButtons({ canSave, isChanged, isSaving, onDiscard }: SaveButtonsProps) {
  return (
    <Group gap="sm">
      <Button type="submit" disabled={!canSave} loading={isSaving}>
        {texts.save}
      </Button>
      {isChanged && (
        <Button variant="default" onClick={onDiscard}>
          {texts.discard}
        </Button>
      )}
    </Group>
  );
}
