import { Button, Tooltip } from "@mantine/core";
import { useDisclosure, useHotkeys } from "@mantine/hooks";
import { FlaskConical } from "lucide-react";
import { Suspense } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { onDemand } from "@/parts/onDemand";
import { useMayChange } from "@/session/accounts";
import { editorTestTexts as texts } from "@/texts/editor-test";

import type { Automation } from "@/pages/editor/tabs";

const TestDialog = onDemand(async () => (await import("./TestDialog")).TestDialog);

export function TestButton({ automation, catalogue }: { automation: Automation; catalogue: Catalogue }) {
  const [isOpen, { open, close }] = useDisclosure(false);
  const mayChange = useMayChange();
  // In fields, too: one tries what one has just typed.
  useHotkeys([["mod+Enter", () => mayChange && open()]], []);
  if (!mayChange) return null;
  return (
    <>
      <Tooltip label={texts.testHint} openDelay={500}>
        <Button size="xs" variant="default" leftSection={<FlaskConical size={15} />} onClick={open} aria-keyshortcuts="Control+Enter">
          {texts.test}
        </Button>
      </Tooltip>
      {isOpen && (
        <Suspense>
          <TestDialog automation={automation} catalogue={catalogue} onClose={close} />
        </Suspense>
      )}
    </>
  );
}
