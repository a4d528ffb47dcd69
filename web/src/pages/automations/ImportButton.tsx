import { Button, FileButton } from "@mantine/core";
import { Upload } from "lucide-react";
import { useRef } from "react";

import { notifyProblem } from "@/parts/ProblemNotice";
import { automationsTexts as texts } from "@/texts/automations";

import { useImport } from "./actions";
import { useAgents } from "@/session/agents";
import { readFlowFile } from "./files";

export function ImportButton({ account }: { account: string }) {
  const bring = useImport(account);
  const { data: agents } = useAgents(account);
  const reset = useRef<() => void>(null);

  function chosen(file: File | null): void {
    // The same file again, mended meanwhile, is a choice, too.
    reset.current?.();
    if (file === null) return;
    // With several agents, the first: the editor can say another one.
    const agent = agents?.[0]?.id ?? null;
    readFlowFile(file).then((read) => bring.mutate({ file: read, agent }), notifyProblem);
  }

  return (
    <FileButton resetRef={reset} accept="application/json,.json" onChange={chosen}>
      {(props) => (
        <Button variant="default" leftSection={<Upload size={16} aria-hidden />} loading={bring.isPending} {...props}>
          {texts.import}
        </Button>
      )}
    </FileButton>
  );
}
