import { Alert, Anchor, Badge, Button, Code, CopyButton, Group, Select, Stack, Text } from "@mantine/core";
import { Pin, PinOff } from "lucide-react";

import type { Catalogue } from "@/flow/catalogue";
import { type Drawing, type FlowNode, isObject, isTrigger, type Json, type JsonObject } from "@/flow/drawing";
import { jsonText, withKey } from "@/flow/formValues";
import { graphOf } from "@/flow/graph";
import { sampleOf, type Samples } from "@/flow/outputs";
import { possibleWays } from "@/flow/ways";
import { wayInWords } from "@/flow/wayWords";
import { partsTexts } from "@/texts/parts";
import { stepSettingsTexts } from "@/texts/step-settings";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { JsonInput } from "@/pages/editor/config/form/JsonField";
import classes from "@/pages/editor/config/panel.module.css";

const texts = stepSettingsTexts.output;

interface OutputTabProps {
  readonly node: FlowNode;
  readonly drawing: Drawing;
  readonly samples: Samples;
  readonly catalogue: Catalogue;
  /** Of the last test or run; undefined: there was none. */
  readonly output: Json | undefined;
  readonly onSettings: (settings: JsonObject, field: string) => void;
}

/** What it came to, or would: for templates, and to pin. */
export function OutputTab({ node, drawing, samples, catalogue, output, onSettings }: OutputTabProps) {
  const { isReadOnly } = useForm();
  const trigger = isTrigger(node);
  const pinned = isObject(node.dataRest["pinned"]) ? node.dataRest["pinned"] : null;
  const sample = sampleOf(node, catalogue, samples);
  const shown = output ?? sample;
  const isReal = output !== undefined;
  const pin = (next: JsonObject | undefined) => onSettings(withKey(node.dataRest, "pinned", next), "pinned");
  const isEmpty = isObject(shown) && Object.keys(shown).length === 0;
  return (
    <Stack gap="md">
      {pinned !== null && <Pinned pinned={pinned} node={node} ways={possibleWays(node, catalogue, graphOf(drawing))} onPin={pin} />}
      <div>
        <Group justify="space-between" mb={6}>
          <Text size="xs" c="dimmed">
            {isReal ? texts.real : texts.sample}
          </Text>
          {!trigger && !isReadOnly && pinned === null && (
            <Button size="compact-xs" variant="default" leftSection={<Pin size={12} />} onClick={() => pin({ output: shown })}>
              {isReal ? texts.pin : texts.pinSample}
            </Button>
          )}
        </Group>
        {isEmpty && !isReal ? (
          <Text size="sm">{texts.none}</Text>
        ) : (
          // It scrolls, so the keyboard has to reach it.
          // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
          <pre className={classes.json} tabIndex={0} role="group" aria-label={isReal ? texts.real : texts.sample}>
            {jsonText(shown)}
          </pre>
        )}
      </div>
      {!isEmpty && (
        <CopyButton value={trigger ? "{{ trigger }}" : `{{ steps.${node.id} }}`}>
          {({ copied, copy }) => (
            <Text size="xs" c="dimmed">
              {texts.use}{" "}
              <Code>{trigger ? "{{ trigger. … }}" : `{{ steps.${node.id}. … }}`}</Code>{" "}
              <Anchor component="button" type="button" size="xs" onClick={copy}>
                {copied ? partsTexts.copied : texts.copy}
              </Anchor>
            </Text>
          )}
        </CopyButton>
      )}
    </Stack>
  );
}

function Pinned({ pinned, node, ways, onPin }: { pinned: JsonObject; node: FlowNode; ways: readonly string[]; onPin: (next: JsonObject | undefined) => void }) {
  const { isReadOnly } = useForm();
  return (
    <Alert color="iris" variant="light" p="sm" data-path='["pinned"]'>
      <Stack gap="xs">
        <Group justify="space-between">
          <Badge variant="light" radius="sm" tt="none" leftSection={<Pin size={11} />}>
            {texts.pinned}
          </Badge>
          {!isReadOnly && (
            <Button size="compact-xs" variant="default" leftSection={<PinOff size={12} />} onClick={() => onPin(undefined)}>
              {texts.unpin}
            </Button>
          )}
        </Group>
        <Text size="xs">{texts.pinnedText}</Text>
        <JsonInput label={texts.edit} value={pinned["output"]} rows={4} onChange={(output) => onPin({ ...pinned, output: output ?? null })} />
        {ways.length > 1 && (
          <Select
            size="xs"
            label={texts.handle}
            data={ways.map((way) => ({ value: way, label: wayInWords(node, way) }))}
            placeholder={texts.first}
            value={typeof pinned["handle"] === "string" ? pinned["handle"] : null}
            clearable
            readOnly={isReadOnly}
            onChange={(handle) => onPin(withKey(pinned, "handle", handle ?? undefined))}
          />
        )}
      </Stack>
    </Alert>
  );
}
