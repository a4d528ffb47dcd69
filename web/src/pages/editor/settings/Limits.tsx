import { Button, Text } from "@mantine/core";
import { useMemo } from "react";
import { Link } from "react-router";

import type { Catalogue, NodeType } from "@/flow/catalogue";
import { type FlowNode, isTrigger, type JsonObject } from "@/flow/drawing";
import { setConfig } from "@/flow/edit";
import { tableOf } from "@/flow/recordTables";
import { Section } from "@/parts/Section";
import { settingsTexts } from "@/texts/settings";

import { Form } from "@/pages/editor/config/form/Form";
import { FormContext, type FormSetting } from "@/pages/editor/config/form/FormContext";
import { useDraft } from "@/pages/editor/draft/useDraft";
import { fieldProblemsOf } from "@/pages/editor/problems/problems";
import { useProblems } from "@/pages/editor/problems/useProblems";
import type { Automation } from "@/pages/editor/tabs";
import { limitFields } from "./limitFields";
import { Retention } from "./Retention";

const { runs: texts, failure: failureTexts } = settingsTexts;

interface LimitsProps {
  readonly automation: Automation;
  readonly catalogue: Catalogue;
  readonly isReadOnly: boolean;
}

/** They stand in the trigger, so they are changed in the draft, and published with it. */
export function Limits({ automation, catalogue, isReadOnly }: LimitsProps) {
  const drawing = useDraft((draft) => draft.drawing);
  const trigger = drawing.nodes.find(isTrigger);
  const type = trigger === undefined ? undefined : catalogue.get(trigger.type);
  if (trigger !== undefined && type !== undefined) {
    return <OfTrigger automation={automation} trigger={trigger} type={type} table={tableOf(trigger, drawing)} isReadOnly={isReadOnly} />;
  }
  return (
    <>
      <Section title={texts.title} text={trigger === undefined ? texts.noTrigger : texts.unknown}>
        {trigger === undefined && !isReadOnly && (
          <Button component={Link} to={`/automations/${automation.id}`} variant="default" size="xs" w="fit-content">
            {texts.toBuild}
          </Button>
        )}
      </Section>
      <Retention />
    </>
  );
}

interface OfTriggerProps {
  readonly automation: Automation;
  readonly trigger: FlowNode;
  readonly type: NodeType;
  readonly table: string | null;
  readonly isReadOnly: boolean;
}

function OfTrigger({ automation, trigger, type, table, isReadOnly }: OfTriggerProps) {
  const change = useDraft((draft) => draft.change);
  const { id, config } = trigger;
  const checked = useProblems(automation.id);
  const problems = useMemo(() => fieldProblemsOf(checked.problems, id, type), [checked.problems, id, type]);
  const { limits, failure, retention } = useMemo(() => limitFields(type.type, type.config_schema, config), [type, config]);
  const form: FormSetting = {
    automation: automation.id,
    account: automation.user_id,
    nodeType: type.type,
    sources: [],
    problems,
    isReadOnly,
    config,
    table,
  };
  const onChange = (next: JsonObject, field: string) => change((now) => setConfig(now, id, next), `${id}/${field}`);
  return (
    <FormContext value={form}>
      <Section title={texts.title} text={texts.text}>
        {limits.length > 0 ? <Form fields={limits} value={config} onChange={onChange} /> : <Text size="sm">{texts.unknown}</Text>}
      </Section>
      {failure.length > 0 && (
        <Section title={failureTexts.title} text={failureTexts.text}>
          <Form fields={failure} value={config} onChange={onChange} />
        </Section>
      )}
      <Retention>{retention.length > 0 && <Form fields={retention} value={config} onChange={onChange} />}</Retention>
    </FormContext>
  );
}
