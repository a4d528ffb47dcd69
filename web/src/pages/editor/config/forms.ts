/** Types whose setup is more than their fields one below the other. */

import type { ComponentType } from "react";

import type { JsonObject } from "@/flow/drawing";
import type { Field } from "@/flow/formFields";

import { EventForm } from "./trigger/EventForm";
import { ScheduleForm } from "./trigger/ScheduleForm";
import { WebhookForm } from "./trigger/WebhookForm";

export interface OwnFormProps {
  readonly fields: readonly Field[];
  readonly config: JsonObject;
  readonly onConfig: (config: JsonObject, field: string) => void;
}

export const FORMS: Readonly<Record<string, ComponentType<OwnFormProps> | undefined>> = {
  "trigger-event": EventForm,
  "trigger-schedule": ScheduleForm,
  "trigger-webhook": WebhookForm,
};
