import { Box, Tabs } from "@mantine/core";
import { useMemo, useRef, useState } from "react";
import { useParams } from "react-router";

import type { Catalogue } from "@/flow/catalogue";
import { type Drawing, isTrigger, type JsonObject, nodeOf } from "@/flow/drawing";
import type { Samples } from "@/flow/outputs";
import { tableOf } from "@/flow/recordTables";
import { isUnfinished } from "@/flow/templateText";
import { type Outputs, variablesFor } from "@/flow/variables";
import { useAccount } from "@/session/accounts";
import { configTexts as texts } from "@/texts/config";

import { FormContext, type FormSetting } from "./form/FormContext";
import { OutputTab } from "./output/OutputTab";
import classes from "./panel.module.css";
import { PanelHeader } from "./PanelHeader";
import { configNames, type Section, sectionOf, sectionsWithProblems } from "./sections";
import { SettingsTab } from "./SettingsTab";
import { SetupTab } from "./SetupTab";
import { pathsLeft } from "./pathsLeft";
import { useJump } from "./useJump";

/** A mistake of one step; `path`: of the field in its config, `["cases", 0, "id"]`; empty: of the step itself. */
export interface FieldProblem {
  readonly path: readonly (string | number)[];
  readonly message: string;
  readonly isError: boolean;
  /** It is only not filled in: said in a word beside the label, so that nothing moves when it is. */
  readonly isMissing: boolean;
}

export interface ConfigPanelProps {
  readonly drawing: Drawing;
  readonly catalogue: Catalogue;
  readonly nodeId: string;
  readonly outputs: Outputs;
  readonly samples: Samples;
  readonly problems: readonly FieldProblem[];
  /** The field to go to, from the list of problems; an object of its own each time. */
  readonly jump: { readonly path: FieldProblem["path"] } | null;
  readonly isReadOnly: boolean;
  /** `field`: which one was changed, for undo. */
  readonly onConfig: (config: JsonObject, field: string) => void;
  readonly onLabel: (label: string) => void;
  readonly onDisabled: (disabled: boolean) => void;
  /** What is in `data` beside label and config: `note`, `retry`, `pinned` … */
  readonly onSettings: (settings: JsonObject, field: string) => void;
  readonly onClose?: () => void;
  /** Somebody has been at these fields, and is not any more: their paths, as JSON. */
  readonly onLeave?: (paths: readonly string[]) => void;
  /** What is typed there is no mistake until it is left, a variable say; empty: it was left. */
  readonly onUnfinished?: (paths: readonly string[]) => void;
}

const NONE: readonly string[] = [];
const SECTIONS: readonly Section[] = ["setup", "settings", "output"];

/** What one step does. */
export function ConfigPanel(props: ConfigPanelProps) {
  const { drawing, catalogue, nodeId, outputs, samples, problems, jump, isReadOnly } = props;
  const { id: automation = "" } = useParams();
  const account = useAccount()?.account_id ?? "";
  const body = useRef<HTMLDivElement>(null);
  const [section, setSection] = useState<Section>("setup");
  const sources = useMemo(() => variablesFor(drawing, catalogue, nodeId, outputs, samples), [drawing, catalogue, nodeId, outputs, samples]);
  const node = nodeOf(drawing, nodeId);
  const type = node === null ? null : (catalogue.get(node.type) ?? null);
  useJump(jump, (path) => sectionOf(path, configNames(type?.config_schema), node?.type ?? ""), body, setSection);
  if (node === null) return null;
  const trigger = isTrigger(node);
  const form: FormSetting = { automation, account, nodeType: node.type, sources: trigger ? [] : sources, problems, isReadOnly, config: node.config, table: tableOf(node, drawing) };
  const marked = sectionsWithProblems(problems, type?.config_schema, node.type);
  return (
    <FormContext value={form}>
      <Box
        ref={body}
        className={classes.panel}
        onBlur={(event) => {
          // Another window is no other field.
          const paths = document.hasFocus() ? pathsLeft(event.target, event.relatedTarget) : [];
          if (paths.length > 0) props.onLeave?.(paths);
          props.onUnfinished?.(NONE);
        }}
        onInput={({ target }) => {
          if (target instanceof HTMLTextAreaElement && isUnfinished(target.value, target.selectionStart)) props.onUnfinished?.(pathsLeft(target, null));
        }}
      >
        <Tabs value={section} onChange={(name) => setSection(name as Section)} keepMounted={false} className={classes.tabs}>
          <div className={classes.top}>
            <PanelHeader
              key={nodeId}
              node={node}
              type={type}
              isReadOnly={isReadOnly}
              problems={problems}
              onLabel={props.onLabel}
              {...(props.onClose === undefined ? {} : { onClose: props.onClose })}
            />
            <Tabs.List aria-label={texts.tabsOf} className={classes.list}>
              {SECTIONS.map((name) => (
                <Tabs.Tab key={name} value={name} rightSection={marked.has(name) ? <span className={classes.dot} role="img" aria-label={texts.hasProblem} /> : null}>
                  {texts.tabs[name]}
                </Tabs.Tab>
              ))}
            </Tabs.List>
          </div>
          <Tabs.Panel value="setup" className={classes.body}>
            <SetupTab node={node} type={type} onConfig={props.onConfig} />
          </Tabs.Panel>
          <Tabs.Panel value="settings" className={classes.body}>
            <SettingsTab node={node} type={type} onConfig={props.onConfig} onDisabled={props.onDisabled} onSettings={props.onSettings} />
          </Tabs.Panel>
          <Tabs.Panel value="output" className={classes.body}>
            <OutputTab node={node} drawing={drawing} samples={samples} catalogue={catalogue} output={outputs.get(node.id)} onSettings={props.onSettings} />
          </Tabs.Panel>
        </Tabs>
      </Box>
    </FormContext>
  );
}
