import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";

import { queryKeys } from "@/lib/query-keys";
import { Dialog } from "@/parts/Dialog";
import { notifyProblem } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { automationsTexts } from "@/texts/automations";
import { partsTexts } from "@/texts/parts";

import { agentFor } from "@/session/agents";
import { BlankForm } from "./BlankForm";
import type { AgentChoice } from "./AgentField";
import { Gallery } from "./Gallery";
import { TemplateForm } from "./TemplateForm";
import type { Given } from "./templates";

const texts = automationsTexts.createDialog;

/** `template` null: an empty canvas. */
export interface Wish {
  readonly name: string;
  readonly template: string | null;
  readonly parameters: Given;
  readonly agent: AgentChoice;
}

type Step = { kind: "gallery" } | { kind: "blank" } | { kind: "template"; key: string; name: string };

export function CreateDialog({ account, onClose }: { account: string; onClose: () => void }) {
  const [step, setStep] = useState<Step>({ kind: "gallery" });
  const navigate = useNavigate();
  const queries = useQueryClient();
  const create = useMutation({
    mutationFn: (wish: Wish) => made(account, wish),
    async onSuccess({ id, name }, { template }) {
      notifications.show({ message: (template === null ? texts.madeEmpty : texts.made)(name) });
      void queries.invalidateQueries({ queryKey: queryKeys.automations.lists() });
      await navigate(`/automations/${id}`);
    },
    onError: notifyProblem,
  });
  const shared = { account, onCreate: create.mutate, isCreating: create.isPending, onBack: () => setStep({ kind: "gallery" }) };

  return (
    <Dialog onClose={onClose} title={step.kind === "template" ? step.name : step.kind === "blank" ? texts.blank : texts.title} size={step.kind === "blank" ? "md" : 960} closeButtonProps={{ "aria-label": partsTexts.close }}>
      {step.kind === "gallery" && (
        <Gallery onBlank={() => setStep({ kind: "blank" })} onTemplate={(key, name) => setStep({ kind: "template", key, name })} />
      )}
      {step.kind === "blank" && <BlankForm {...shared} />}
      {step.kind === "template" && <TemplateForm key={step.key} templateKey={step.key} {...shared} />}
    </Dialog>
  );
}

async function made(account: string, { name, template, parameters, agent }: Wish): Promise<{ id: string; name: string }> {
  const agent_id = await agentFor(account, agent.id, agent.newName);
  if (template === null) return answer(api.POST("/api/v1/automations", { body: { agent_id, name } }));
  return answer(api.POST("/api/v1/automations/from-template", { body: { template, parameters, agent_id, name } }));
}
