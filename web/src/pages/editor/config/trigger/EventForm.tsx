import { Input, SegmentedControl, Select, Stack, TagsInput, Text } from "@mantine/core";
import { useId } from "react";

import { type EventFilter, readFilter, writeFilter } from "@/flow/changeRule";
import type { JsonObject } from "@/flow/drawing";
import { withKey } from "@/flow/formValues";
import { comparedWith, operandText } from "@/flow/operators";
import { OfferedInput } from "@/parts/OfferedInput";
import { configTexts } from "@/texts/config";
import { triggerTexts } from "@/texts/triggers";

import { ConditionField } from "@/pages/editor/config/condition/ConditionField";
import { errorOf, pathKey, useForm, useProblemAt } from "@/pages/editor/config/form/FormContext";
import { Form } from "@/pages/editor/config/form/Form";
import { Missing, Said } from "@/pages/editor/config/form/Said";
import type { OwnFormProps } from "@/pages/editor/config/forms";
import { useColumns } from "@/pages/editor/config/records/useColumns";
import { useKnownValues } from "@/pages/editor/config/records/useKnownValues";
import { useWatchedTables } from "@/pages/editor/config/records/useWatchedTables";
import { KnownValue } from "./KnownValue";
import classes from "./trigger.module.css";

const texts = triggerTexts.event;
const EVENTS = ["INSERT", "UPDATE", "DELETE", "any"];
const KNOWN = new Set(["event_source", "event_type", "watch", "conditions"]);

/** Which record, what happens to it, and which of those changes count. */
export function EventForm({ fields, config, onConfig }: OwnFormProps) {
  const { isReadOnly } = useForm();
  const filter = readFilter(config);
  const conditions = fields.find((field) => field.name === "conditions");
  const type = config["event_type"];
  return (
    <Stack gap="md">
      <SourceField config={config} onConfig={onConfig} />
      <EventField config={config} onConfig={onConfig} isReadOnly={isReadOnly} />
      {(type === "UPDATE" || type === "any" || filter.rule.column !== null) && <ChangeFields config={config} filter={filter} onConfig={onConfig} />}
      {conditions !== undefined && (
        <ConditionField
          field={{ ...conditions, description: texts.onlyIfText }}
          control={conditions.control}
          path={["conditions"]}
          value={filter.rest}
          onChange={(rest) => onConfig(writeFilter(config, filter, { rest }), "conditions")}
        />
      )}
      <Form fields={fields.filter((field) => !KNOWN.has(field.name))} value={config} onChange={onConfig} />
    </Stack>
  );
}

function SourceField({ config, onConfig }: Pick<OwnFormProps, "config" | "onConfig">) {
  const { isReadOnly } = useForm();
  const problem = useProblemAt(["event_source"], true);
  const tables = useWatchedTables().map((table) => table.source);
  const value = typeof config["event_source"] === "string" ? config["event_source"] : null;
  const names = [...new Set(["lead", "conversation", ...tables, ...(value === null || value === "webhook" ? [] : [value])])];
  return (
    <div data-path={pathKey(["event_source"])}>
      <Missing problem={problem} />
      <Select
        label={texts.source}
        withAsterisk
        data={names.map((name) => ({ value: name, label: texts.sources[name] ?? name }))}
        value={value}
        placeholder={configTexts.choose}
        allowDeselect={false}
        readOnly={isReadOnly}
        error={errorOf(problem)}
        onChange={(chosen) => onConfig(withKey(config, "event_source", chosen ?? undefined), "event_source")}
      />
    </div>
  );
}

function EventField({ config, onConfig, isReadOnly }: Pick<OwnFormProps, "config" | "onConfig"> & { isReadOnly: boolean }) {
  const id = useId();
  const problem = useProblemAt(["event_type"], true);
  const value = typeof config["event_type"] === "string" ? config["event_type"] : "";
  return (
    <div data-path={pathKey(["event_type"])}>
      <Missing problem={problem} />
      <Input.Label labelElement="div" id={id} required mb={2}>
        {texts.event}
      </Input.Label>
      <SegmentedControl
        fullWidth
        size="xs"
        aria-labelledby={id}
        readOnly={isReadOnly}
        value={value}
        data={EVENTS.map((name) => ({ value: name, label: configTexts.event(name) }))}
        onChange={(chosen) => onConfig(withKey(config, "event_type", chosen), "event_type")}
      />
      <Said problem={problem} />
    </div>
  );
}

/** "The stage goes from new to qualified" in one line. */
function ChangeFields({ config, filter, onConfig }: { config: JsonObject; filter: EventFilter; onConfig: OwnFormProps["onConfig"] }) {
  const { isReadOnly, table } = useForm();
  const columns = useColumns(table);
  const { rule } = filter;
  const sample = columns.find((column) => column.name === rule.column)?.sample ?? undefined;
  const set = (change: Partial<typeof rule>) => onConfig(writeFilter(config, filter, { rule: { ...rule, ...change } }), "watch");
  const compared = (text: string) => (text === "" ? undefined : comparedWith(text, sample ?? undefined, "any"));
  const others = filter.watched.filter((column) => column !== rule.column);
  const names = columns.map((column) => column.name);
  const known = useKnownValues(table)(rule.column);
  return (
    <div role="group" aria-label={texts.change} className={classes.box} data-path={pathKey(["watch"])}>
      <Input.Label labelElement="div">{texts.change}</Input.Label>
      <Text size="xs" c="dimmed" mb={8}>
        {texts.changeText}
      </Text>
      <Stack gap={8}>
        <OfferedInput
          areNames
          label={texts.column}
          placeholder={texts.anyColumn}
          data={names}
          value={rule.column ?? ""}
          readOnly={isReadOnly}
          clearable
          onChange={(column) => set(column === "" ? { column: null, from: undefined, to: undefined } : { column })}
        />
        {rule.column !== null && (
          <div className={classes.two}>
            <KnownValue label={texts.from} value={operandText(rule.from)} known={known} isReadOnly={isReadOnly} onChange={(text) => set({ from: compared(text) })} />
            <KnownValue label={texts.to} value={operandText(rule.to)} known={known} isReadOnly={isReadOnly} onChange={(text) => set({ to: compared(text) })} />
          </div>
        )}
        {others.length > 0 && (
          <TagsInput
            label={texts.more}
            data={names}
            value={others}
            readOnly={isReadOnly}
            onChange={(watched) => onConfig(withKey(config, "watch", rule.column === null ? watched : [rule.column, ...watched]), "watch")}
          />
        )}
      </Stack>
    </div>
  );
}
