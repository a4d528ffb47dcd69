import { Input, Select } from "@mantine/core";

import { isExpression } from "@/flow/formValues";
import { OfferedInput } from "@/parts/OfferedInput";
import { usePeople } from "@/session/people";
import { triggerTexts } from "@/texts/triggers";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { Frame } from "@/pages/editor/config/form/Frame";
import { hintOf } from "@/pages/editor/config/form/hints";
import type { ControlProps } from "@/pages/editor/config/form/types";
import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import { useAutomations, useConversations, useLeads, useNameOf } from "./options";
import { PickButton } from "./PickButton";
import { MultiPick, textOf } from "./widgets";

const texts = triggerTexts.pick;
const CHANNELS = ["chat", "email", "sms", "whatsapp"];

export function LeadField(props: ControlProps) {
  return <RecordIdField {...props} kind="lead" />;
}

export function ConversationField(props: ControlProps) {
  return <RecordIdField {...props} kind="conversation" />;
}

/** Of a lead or a conversation, as another field of the step says. */
export function RecordField(props: ControlProps) {
  const { config } = useForm();
  return <RecordIdField {...props} kind={config["record"] === "conversation" ? "conversation" : "lead"} />;
}

/** An id, mostly from a variable; or one that is chosen by name. */
function RecordIdField({ field, path, value, onChange, kind }: ControlProps & { kind: "lead" | "conversation" }) {
  const { isReadOnly } = useForm();
  const id = textOf(value);
  const name = useNameOf(kind, id);
  const pick = isReadOnly ? undefined : <PickButton label={texts[kind]} useFound={kind === "lead" ? useLeads : useConversations} onPick={onChange} />;
  return (
    <Frame field={field} path={path} actions={pick}>
      {(fieldId) => (
        <>
          <TemplateInput id={fieldId} title={field.title} field={field} value={id} placeholder={hintOf(field)} onChange={onChange} />
          {name !== null && <Input.Description mt={4}>{texts.chosen(name)}</Input.Description>}
        </>
      )}
    </Frame>
  );
}

export function AutomationField({ field, path, value, onChange }: ControlProps) {
  const { account, automation, isReadOnly } = useForm();
  const options = useAutomations(account, automation);
  const id = textOf(value);
  const data = id === "" || options.some((one) => one.value === id) ? options : [...options, { value: id, label: id, note: "" }];
  return (
    <Frame field={field} path={path}>
      {(fieldId) =>
        isExpression(value) ? (
          <TemplateInput id={fieldId} title={field.title} field={field} value={value} onChange={onChange} />
        ) : (
          <Select
            id={fieldId}
            data={data.map(({ value: one, label }) => ({ value: one, label }))}
            value={id === "" ? null : id}
            placeholder={texts.automation}
            searchable
            clearable={!field.isRequired && !isReadOnly}
            nothingFoundMessage={texts.noneFound}
            readOnly={isReadOnly}
            onChange={(chosen) => onChange(chosen ?? undefined)}
          />
        )
      }
    </Frame>
  );
}

export function PersonField({ field, path, value, onChange }: ControlProps) {
  const { account, isReadOnly } = useForm();
  const people = usePeople(account);
  const id = textOf(value);
  const data = id === "" || people.some((one) => one.value === id) ? people : [...people, { value: id, label: id }];
  return (
    <Frame field={field} path={path}>
      {(fieldId) =>
        isExpression(value) ? (
          <TemplateInput id={fieldId} title={field.title} field={field} value={value} onChange={onChange} />
        ) : (
          <Select
            id={fieldId}
            data={data}
            value={id === "" ? null : id}
            placeholder={texts.person}
            searchable
            clearable={!isReadOnly}
            readOnly={isReadOnly}
            onChange={(chosen) => onChange(chosen ?? undefined)}
          />
        )
      }
    </Frame>
  );
}

export function PeopleField(props: ControlProps) {
  const { account } = useForm();
  const people = usePeople(account);
  return <MultiPick {...props} data={people} placeholder={texts.people} />;
}

export function ChannelField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  if (isExpression(value)) {
    return <Frame field={field} path={path}>{(id) => <TemplateInput id={id} title={field.title} field={field} value={value} onChange={onChange} />}</Frame>;
  }
  return (
    <Frame field={field} path={path}>
      {(id) => <OfferedInput areNames id={id} data={CHANNELS} value={textOf(value)} readOnly={isReadOnly} onChange={(name) => onChange(name === "" ? undefined : name)} />}
    </Frame>
  );
}
