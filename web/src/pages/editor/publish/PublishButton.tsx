import { Button, Tooltip } from "@mantine/core";
import { Rocket } from "lucide-react";
import { Suspense, useState } from "react";

import type { Catalogue } from "@/flow/catalogue";
import { useLeft } from "@/pages/editor/problems/left";
import type { Automation } from "@/pages/editor/tabs";
import { onDemand } from "@/parts/onDemand";
import { useMayChange } from "@/session/accounts";
import { draftTexts } from "@/texts/draft";

const texts = draftTexts.publish;
const PublishDialog = onDemand(async () => (await import("./PublishDialog")).PublishDialog);

export function PublishButton({ automation, catalogue }: { automation: Automation; catalogue: Catalogue }) {
  const [isOpen, setOpen] = useState(false);
  const mayChange = useMayChange();
  const ask = useLeft((left) => left.ask);
  if (!mayChange) return null;
  return (
    <>
      <Tooltip label={texts.nothing} disabled={!automation.draft_is_published}>
        <Button size="xs" variant={automation.draft_is_published ? "default" : "filled"} leftSection={<Rocket size={15} />} onClick={() => {
            ask(automation.id);
            setOpen(true);
          }}>
          {texts.button}
        </Button>
      </Tooltip>
      {isOpen && (
        <Suspense fallback={null}>
          <PublishDialog automation={automation} catalogue={catalogue} onClose={() => setOpen(false)} />
        </Suspense>
      )}
    </>
  );
}
