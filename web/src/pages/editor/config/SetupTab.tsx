import { Alert, Button, Collapse, Stack, Text } from "@mantine/core";
import { ChevronDown, ChevronRight, PackageX } from "lucide-react";
import { useMemo, useState } from "react";

import type { NodeType } from "@/flow/catalogue";
import { type FlowNode, isTrigger, type JsonObject } from "@/flow/drawing";
import { type Field, fieldsOf } from "@/flow/formFields";
import { jsonText } from "@/flow/formValues";
import { layoutOf } from "@/flow/stepForm";
import { configTexts as texts } from "@/texts/config";

import { Form } from "./form/Form";
import { useForm } from "./form/FormContext";
import { FORMS } from "./forms";
import classes from "./panel.module.css";

interface SetupTabProps {
  readonly node: FlowNode;
  readonly type: NodeType | null;
  readonly onConfig: (config: JsonObject, field: string) => void;
}

export function SetupTab({ node, type, onConfig }: SetupTabProps) {
  const fields = useMemo(() => fieldsOf(type?.config_schema, !isTrigger(node)), [type, node]);
  if (type === null) return <Unknown config={node.config} />;
  const layout = layoutOf(node.type, fields, node.config);
  const Own = FORMS[node.type];
  return (
    <Stack gap="md">
      {Own !== undefined ? (
        <Own fields={layout.main} config={node.config} onConfig={onConfig} />
      ) : layout.main.length > 0 ? (
        <Form fields={layout.main} value={node.config} onChange={onConfig} />
      ) : (
        <Text size="sm" c="dimmed">
          {texts.nothingToSetUp}
        </Text>
      )}
      {layout.more.length > 0 && <More fields={layout.more} config={node.config} onConfig={onConfig} />}
    </Stack>
  );
}

function More({ fields, config, onConfig }: { fields: readonly Field[]; config: JsonObject; onConfig: SetupTabProps["onConfig"] }) {
  const { problems } = useForm();
  const names = new Set<string | number>(fields.map((field) => field.name));
  // What is set is seen, and what is wrong, too.
  const isUsed = fields.some((field) => config[field.name] !== undefined && config[field.name] !== null);
  const [opened, setOpened] = useState(isUsed);
  const isOpen = opened || problems.some(({ path: [name] }) => name !== undefined && names.has(name));
  const Chevron = isOpen ? ChevronDown : ChevronRight;
  return (
    <div className={classes.more}>
      <Button variant="subtle" color="gray" size="compact-sm" ml={-8} aria-expanded={isOpen} leftSection={<Chevron size={15} />} onClick={() => setOpened(!isOpen)}>
        {texts.more}
      </Button>
      <Collapse expanded={isOpen}>
        <div style={{ paddingBlockStart: 12 }}>{isOpen && <Form fields={fields} value={config} onChange={onConfig} />}</div>
      </Collapse>
    </div>
  );
}

function Unknown({ config }: { config: JsonObject }) {
  return (
    <Stack gap="md">
      <Alert color="yellow" variant="light" icon={<PackageX size={18} />} title={texts.unknownType.title}>
        {texts.unknownType.text}
      </Alert>
      {/* It scrolls, so the keyboard has to reach it. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={classes.json} tabIndex={0} role="group" aria-label={texts.unknownType.title}>
        {jsonText(config)}
      </pre>
    </Stack>
  );
}
