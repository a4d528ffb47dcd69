import { Button, Card } from "@mantine/core";
import { Plus, Workflow } from "lucide-react";

import { EmptyState } from "@/parts/EmptyState";
import { automationsTexts } from "@/texts/automations";

const texts = automationsTexts.empty;

export function EmptyAutomations({ mayChange, onCreate }: { mayChange: boolean; onCreate: () => void }) {
  return (
    <Card withBorder radius="lg" className="surface">
      <EmptyState
        icon={Workflow}
        title={texts.title}
        text={mayChange ? texts.text : texts.viewer}
        actions={
          mayChange ? (
            <Button leftSection={<Plus size={16} aria-hidden />} onClick={onCreate}>
              {texts.template}
            </Button>
          ) : undefined
        }
      />
    </Card>
  );
}
