import { Alert, Button, Group, Text } from "@mantine/core";
import { GitCompareArrows } from "lucide-react";
import { Suspense, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { onDemand } from "@/parts/onDemand";
import { draftTexts } from "@/texts/draft";

import { useSaveState } from "./useSaver";

const texts = draftTexts.banner;
const CompareDialog = onDemand(async () => (await import("./CompareDialog")).CompareDialog);

export function ConflictBanner({ catalogue }: { catalogue: Catalogue }) {
  const trouble = useSaveState((state) => state.trouble);
  const [isOpen, setOpen] = useState(false);
  if (trouble?.kind !== "conflict") return null;
  return (
    <Alert color="orange" variant="light" radius={0} title={texts.title} icon={<GitCompareArrows size={18} />} role="alert">
      <Group justify="space-between" gap="md">
        <Text size="sm">{texts.text}</Text>
        <Button size="xs" variant="default" onClick={() => setOpen(true)}>
          {texts.compare}
        </Button>
      </Group>
      {isOpen && (
        <Suspense fallback={null}>
          <CompareDialog theirs={trouble.theirs.drawing} catalogue={catalogue} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </Alert>
  );
}
