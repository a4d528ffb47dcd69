import { Button, Text } from "@mantine/core";
import { Braces, ListTree } from "lucide-react";
import { useState } from "react";

import { conditionInWords } from "@/flow/conditionWords";
import { parseCondition } from "@/flow/conditionTree";
import type { Json } from "@/flow/drawing";
import { conditionTexts as texts } from "@/texts/conditions";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { GroupFrame } from "@/pages/editor/config/form/Frame";
import { JsonInput } from "@/pages/editor/config/form/JsonField";
import type { ControlProps } from "@/pages/editor/config/form/types";
import { ConditionBuilder } from "./ConditionBuilder";
import classes from "./condition.module.css";

/** A condition as rows, in words above them; as JSON for what rows cannot show. */
export function ConditionField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const [asJson, setAsJson] = useState(false);
  const isSet = value !== undefined && value !== null;
  const condition = parseCondition(value);
  const isUnreadable = isSet && condition === null;
  const Icon = asJson ? ListTree : Braces;
  const toggle = (
    <Button
      size="compact-xs"
      variant="subtle"
      color="gray"
      leftSection={<Icon size={13} />}
      aria-label={(asJson ? texts.asFormOf : texts.asJsonOf)(field.title)}
      onClick={() => setAsJson(!asJson)}
    >
      {asJson ? texts.asForm : texts.asJson}
    </Button>
  );
  return (
    <GroupFrame field={field} path={path} actions={toggle}>
      {isUnreadable && !asJson && (
        <Text size="xs" c="dimmed" mb={6}>
          {texts.unreadable}
        </Text>
      )}
      {asJson || isUnreadable ? (
        <JsonInput label={field.title} value={value} onChange={onChange} rows={6} />
      ) : (
        <>
          {condition !== null && (
            <Text size="xs" className={classes.words}>
              {inWords(value)}
            </Text>
          )}
          <ConditionBuilder field={field} path={path} condition={condition} isReadOnly={isReadOnly} onChange={onChange} />
        </>
      )}
    </GroupFrame>
  );
}

function inWords(value: Json | undefined): string {
  const said = conditionInWords(value) ?? "";
  return said.charAt(0).toUpperCase() + said.slice(1);
}
