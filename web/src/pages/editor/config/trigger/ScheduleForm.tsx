import { Button, Chip, Group, Input, MultiSelect, Select, Stack, TextInput } from "@mantine/core";
import { useId } from "react";

import { listOf, withKey } from "@/flow/formValues";
import { KINDS, kindOf, MONTH_DAYS, withKind, withWeekday, WEEKDAYS } from "@/flow/schedules";
import { FigureField } from "@/parts/FigureInput";
import { configTexts } from "@/texts/config";
import { triggerTexts } from "@/texts/triggers";

import { errorOf, pathKey, useForm, useProblemAt } from "@/pages/editor/config/form/FormContext";
import { Form } from "@/pages/editor/config/form/Form";
import { Missing } from "@/pages/editor/config/form/Said";
import type { OwnFormProps } from "@/pages/editor/config/forms";
import { NextTimes } from "./NextTimes";
import { TimeList } from "./TimeList";
import classes from "./trigger.module.css";

const texts = triggerTexts.schedule;
const OWN = new Set(["kind", "cron", "amount", "unit", "times", "weekdays", "days", "dates"]);
const INTERVAL = { isInteger: true, least: 1, above: null, most: 100_000 };
const UNITS = ["minutes", "hours", "days", "weeks"];

/** When it repeats, and when that is. */
export function ScheduleForm({ fields, config, onConfig }: OwnFormProps) {
  const { isReadOnly } = useForm();
  const kind = kindOf(config);
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const problem = useProblemAt(["kind"], true);
  return (
    <Stack gap="md">
      <div data-path={pathKey(["kind"])}>
        <Missing problem={problem} />
        <Select
          label={texts.repeat}
          withAsterisk
          data={KINDS.map((one) => ({ value: one, label: configTexts.choice(one) }))}
          value={kind}
          placeholder={configTexts.choose}
          allowDeselect={false}
          readOnly={isReadOnly}
          error={errorOf(problem)}
          onChange={(chosen) => chosen !== null && onConfig(withKind(config, chosen, zone), "kind")}
        />
      </div>
      {kind === "every" && <Interval config={config} onConfig={onConfig} />}
      {kind === "weekly" && <Weekdays config={config} onConfig={onConfig} />}
      {kind === "monthly" && <MonthDays config={config} onConfig={onConfig} />}
      {(kind === "daily" || kind === "weekly" || kind === "monthly") && <TimeList name="times" config={config} onConfig={onConfig} />}
      {kind === "dates" && <TimeList name="dates" config={config} onConfig={onConfig} />}
      {kind === "cron" && <Cron config={config} onConfig={onConfig} />}
      <Form fields={fields.filter((field) => !OWN.has(field.name))} value={config} onChange={onConfig} />
      <NextTimes config={config} zone={zone} />
    </Stack>
  );
}

type PartProps = Pick<OwnFormProps, "config" | "onConfig">;

function Interval({ config, onConfig }: PartProps) {
  const { isReadOnly } = useForm();
  const problem = useProblemAt(["amount"], true);
  return (
    <div className={classes.two} data-path={pathKey(["amount"])}>
      <FigureField
        label={texts.every}
        rule={INTERVAL}
        value={config["amount"]}
        readOnly={isReadOnly}
        error={problem?.isError === true ? problem.message : null}
        onChange={(amount) => onConfig(withKey(config, "amount", amount), "amount")}
      />
      <Select
        label={texts.unit}
        data={UNITS.map((unit) => ({ value: unit, label: configTexts.choice(unit) }))}
        value={typeof config["unit"] === "string" ? config["unit"] : null}
        allowDeselect={false}
        readOnly={isReadOnly}
        onChange={(unit) => onConfig(withKey(config, "unit", unit ?? undefined), "unit")}
      />
    </div>
  );
}

function Weekdays({ config, onConfig }: PartProps) {
  const { isReadOnly } = useForm();
  const id = useId();
  const chosen = listOf(config["weekdays"]);
  return (
    <div role="group" aria-labelledby={id} data-path={pathKey(["weekdays"])}>
      <Input.Label labelElement="div" id={id} mb={4}>
        {texts.weekdays}
      </Input.Label>
      <Group gap={6}>
        {WEEKDAYS.map((day) => (
          <Chip key={day} size="xs" checked={chosen.includes(day)} disabled={isReadOnly} onChange={(isOn) => onConfig(withWeekday(config, day, isOn), "weekdays")}>
            {configTexts.choice(day)}
          </Chip>
        ))}
      </Group>
    </div>
  );
}

function MonthDays({ config, onConfig }: PartProps) {
  const { isReadOnly } = useForm();
  return (
    <div data-path={pathKey(["days"])}>
      <MultiSelect
        label={texts.days}
        data={MONTH_DAYS.map((day) => ({ value: String(day), label: day === -1 ? texts.lastDay : String(day) }))}
        value={listOf(config["days"]).filter((day) => typeof day === "number").map(String)}
        readOnly={isReadOnly}
        searchable
        onChange={(days) => onConfig(withKey(config, "days", days.length === 0 ? undefined : MONTH_DAYS.filter((day) => days.includes(String(day)))), "days")}
      />
    </div>
  );
}

function Cron({ config, onConfig }: PartProps) {
  const { isReadOnly } = useForm();
  const problem = useProblemAt(["cron"], true);
  const set = (cron: string) => onConfig(withKey(config, "cron", cron === "" ? undefined : cron), "cron");
  return (
    <div data-path={pathKey(["cron"])}>
      <Missing problem={problem} />
      <TextInput
        label={texts.cron}
        description={texts.cronText}
        inputWrapperOrder={["label", "input", "error", "description"]}
        placeholder="0 9 * * 1-5"
        value={typeof config["cron"] === "string" ? config["cron"] : ""}
        readOnly={isReadOnly}
        error={errorOf(problem)}
        onChange={(event) => set(event.currentTarget.value)}
      />
      {!isReadOnly && (
        <Group gap={6} mt={6} role="group" aria-label={texts.presets}>
          {texts.cronPresets.map(([name, cron]) => (
            <Button key={cron} size="compact-xs" variant="default" onClick={() => set(cron)}>
              {name}
            </Button>
          ))}
        </Group>
      )}
    </div>
  );
}
