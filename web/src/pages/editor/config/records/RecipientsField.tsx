import { recipientOffers, recipientsInWords, withRecipient } from "@/flow/recipients";
import { useKnownPeople } from "@/session/people";
import { triggerTexts } from "@/texts/triggers";

import { useForm, useProblemAt } from "@/pages/editor/config/form/FormContext";
import { Frame } from "@/pages/editor/config/form/Frame";
import { TextList } from "@/pages/editor/config/form/TextList";
import type { ControlProps } from "@/pages/editor/config/form/types";
import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import type { Found } from "./options";
import { PickButton } from "./PickButton";
import { textOf } from "./widgets";

const texts = triggerTexts.pick;

/** Whom a mail goes to: typed, or chosen among those who have to do with it. */
export function RecipientsField({ field, path, value, onChange }: ControlProps) {
  const { account, sources, isReadOnly } = useForm();
  const known = useKnownPeople(account);
  const problem = useProblemAt(path, true);
  const offers = recipientOffers(sources, known);
  const found = (_account: string, search: string): Found => ({
    isLoading: false,
    options: offers.filter(({ label, note }) => `${label} ${note}`.toLowerCase().includes(search.toLowerCase())),
  });
  const pick = isReadOnly ? undefined : <PickButton label={texts.recipient} none={texts.noRecipient} useFound={found} onPick={(one) => onChange(withRecipient(value, one))} />;
  return (
    <Frame field={field} path={path} actions={pick}>
      {(id) =>
        Array.isArray(value) ? (
          <TextList field={field} path={path} value={value} onChange={(items) => onChange(Array.isArray(items) && items.length === 0 ? undefined : items)} />
        ) : (
          <TemplateInput
            id={id}
            title={field.title}
            field={field}
            isWrong={problem?.isError === true}
            value={textOf(value)}
            placeholder={texts.recipientExample}
            inWords={(text) => recipientsInWords(text, known)}
            onChange={onChange}
          />
        )
      }
    </Frame>
  );
}
