import { Button, Group, Stack, Textarea, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { Check, X } from "lucide-react";
import { useState } from "react";

import type { JsonObject } from "@/flow/drawing";
import { fieldsOf } from "@/flow/formFields";
import { filled, firstValues, NO_PROBLEMS, problemsIn } from "@/flow/inputForm";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { InputForm } from "@/parts/start/InputForm";
import { approvalsTexts } from "@/texts/approvals";

import { type Approval, useDecide } from "./queries";

const texts = approvalsTexts.drawer;
const LONGEST = 4_000;

export function DecisionForm({ approval, onDone }: { approval: Approval; onDone: () => void }) {
  const fields = fieldsOf(approval.form, false);
  const [values, setValues] = useState<JsonObject>(() => firstValues(fields));
  const [comment, setComment] = useState("");
  const [isAsked, setAsked] = useState(false);
  const deciding = useDecide(approval.id);
  const problems = problemsIn(fields, values);

  function decide(isYes: boolean): void {
    setAsked(isYes);
    if (isYes && problems.size > 0) return;
    // A live event may take the form away before the answer is here.
    void deciding.mutateAsync({ isYes, given: filled(values), comment: comment.trim() === "" ? null : comment }).then(
      () => {
        notifications.show({ message: isYes ? texts.approved : texts.rejected });
        onDone();
      },
      () => undefined,
    );
  }

  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        decide(true);
      }}
    >
      <Stack gap="md">
        {approval.form !== null && (
          <>
            <Title order={2} size="h4">
              {texts.form}
            </Title>
            <InputForm fields={fields} values={values} problems={isAsked ? problems : NO_PROBLEMS} onChange={setValues} />
          </>
        )}
        <Textarea
          label={texts.comment}
          description={texts.commentHint}
          autosize
          minRows={2}
          maxLength={LONGEST}
          value={comment}
          onChange={(event) => setComment(event.currentTarget.value)}
        />
        {deciding.error !== null && <ProblemNotice error={deciding.error} />}
        <Group justify="flex-end">
          <Button variant="default" leftSection={<X size={16} />} disabled={deciding.isPending} onClick={() => decide(false)}>
            {texts.reject}
          </Button>
          <Button type="submit" leftSection={<Check size={16} />} loading={deciding.isPending}>
            {texts.approve}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
