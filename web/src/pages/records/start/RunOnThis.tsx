import { Button, Modal } from "@mantine/core";
import { Play } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";

import type { RecordKind } from "@/flow/inputForm";
import { EmptyState } from "@/parts/EmptyState";
import { useNames } from "@/session/automationNames";
import { partsTexts } from "@/texts/parts";
import { recordsTexts } from "@/texts/records";

import { startableOn } from "./startable";
import { StartForm } from "./StartForm";

const texts = recordsTexts.start;

export function RunOnThis({ account, kind, id }: { account: string; kind: RecordKind; id: string }) {
  const [isOpen, setOpen] = useState(false);
  const startable = startableOn(kind, useNames(account).values());
  return (
    <>
      <Button leftSection={<Play size={15} />} onClick={() => setOpen(true)}>
        {texts.button}
      </Button>
      <Modal opened={isOpen} onClose={() => setOpen(false)} title={texts.title} closeButtonProps={{ "aria-label": partsTexts.close }}>
        {startable.length === 0 ? (
          <EmptyState
            icon={Play}
            title={texts.none.title}
            text={texts.none[kind]}
            actions={
              <Button component={Link} to="/automations" variant="default">
                {texts.none.action}
              </Button>
            }
          />
        ) : (
          <StartForm kind={kind} id={id} startable={startable} onClose={() => setOpen(false)} />
        )}
      </Modal>
    </>
  );
}
