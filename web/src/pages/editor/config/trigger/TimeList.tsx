import { ActionIcon, Button, Group, Input, TextInput } from "@mantine/core";
import { Plus, X } from "lucide-react";
import { useId } from "react";

import { withItem, withoutItem } from "@/flow/formValues";
import { timesOf, withTimes } from "@/flow/schedules";
import { triggerTexts } from "@/texts/triggers";

import { pathKey, useForm, useProblemAt } from "@/pages/editor/config/form/FormContext";
import { Missing, Said } from "@/pages/editor/config/form/Said";
import type { OwnFormProps } from "@/pages/editor/config/forms";

const texts = triggerTexts.schedule;

interface TimeListProps extends Pick<OwnFormProps, "config" | "onConfig"> {
  readonly name: "times" | "dates";
}

/** Times of the day, or dates with their times; what browsers cannot show stays a text. */
export function TimeList({ name, config, onConfig }: TimeListProps) {
  const { isReadOnly } = useForm();
  const id = useId();
  const problem = useProblemAt([name], false);
  const items = timesOf(config, name);
  const isTimes = name === "times";
  const set = (next: readonly string[]) => onConfig(withTimes(config, name, next), name);
  return (
    <div role="group" aria-labelledby={id} data-path={pathKey([name])}>
      <Missing problem={problem} />
      <Input.Label labelElement="div" id={id}>
        {isTimes ? texts.times : texts.dates}
      </Input.Label>
      <Group gap={6} align="center">
        {items.map((item, index) => (
          <TextInput
            key={index}
            w={isTimes ? 156 : "100%"}
            type={typeFor(item, isTimes)}
            aria-label={(isTimes ? texts.time : texts.date)(index + 1)}
            value={item}
            readOnly={isReadOnly}
            rightSection={
              isReadOnly ? null : (
                <ActionIcon variant="subtle" color="gray" size="sm" aria-label={(isTimes ? texts.removeTime : texts.removeDate)(index + 1)} onClick={() => set(withoutItem(items, index))}>
                  <X size={14} />
                </ActionIcon>
              )
            }
            onChange={(event) => set(withItem(items, index, event.currentTarget.value))}
          />
        ))}
        {!isReadOnly && (
          <Button size="compact-sm" variant="default" leftSection={<Plus size={14} />} onClick={() => set([...items, isTimes ? "09:00" : ""])}>
            {isTimes ? texts.addTime : texts.addDate}
          </Button>
        )}
      </Group>
      <Said problem={problem} />
    </div>
  );
}

/** `9am` and an offset are fine for the server; a time field would show nothing. */
function typeFor(item: string, isTimes: boolean): string {
  if (isTimes) return item === "" || /^\d\d:\d\d$/.test(item) ? "time" : "text";
  return item === "" || /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(item) ? "datetime-local" : "text";
}
