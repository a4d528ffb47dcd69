import { Button, Tooltip } from "@mantine/core";
import { Play } from "lucide-react";
import { Suspense, useState } from "react";
import { useSearchParams } from "react-router";

import { type StartForm, startFormOf } from "@/flow/inputForm";
import type { JsonObject } from "@/flow/drawing";
import { onDemand } from "@/parts/onDemand";
import { useMayChange } from "@/session/accounts";
import { editorTestTexts } from "@/texts/editor-test";

import type { Automation } from "@/pages/editor/tabs";

const texts = editorTestTexts.start;
const RunNow = onDemand(async () => (await import("./RunNow")).RunNow);

/** Of what is started by hand. `?start` in the address opens it: the list of automations leads here. */
export function RunNowButton({ automation }: { automation: Automation }) {
  const [parameters, setParameters] = useSearchParams();
  const [isOpen, setOpen] = useState(false);
  const mayChange = useMayChange();
  const form = formOf(automation);
  if (form === null || !mayChange) return null;
  const canStart = automation.enabled && automation.status === "active";

  function close(): void {
    setOpen(false);
    setParameters(
      (now) => {
        now.delete("start");
        return now;
      },
      { replace: true },
    );
  }

  return (
    <>
      <Tooltip label={texts.off} disabled={canStart}>
        <Button size="xs" variant="default" leftSection={<Play size={15} />} {...(canStart ? {} : { "data-disabled": true, "aria-disabled": true })} onClick={() => canStart && setOpen(true)}>
          {texts.button}
        </Button>
      </Tooltip>
      {canStart && (isOpen || parameters.has("start")) && (
        <Suspense>
          <RunNow automation={automation} form={form} onClose={close} />
        </Suspense>
      )}
    </>
  );
}

/** The published trigger's, which is what runs; null: it is not started by hand. */
function formOf({ published_number: published, trigger_type: type, trigger_config: config }: Automation): StartForm | null {
  if (published === null || (type !== "manual" && type !== "ai_tool")) return null;
  return startFormOf(type === "manual" ? "trigger-manual" : "trigger-ai-tool", config as JsonObject);
}
