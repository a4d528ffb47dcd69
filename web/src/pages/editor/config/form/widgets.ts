/** How fields are asked for that say so themselves, in their schema or in `flow/stepForm`. */

import type { ComponentType } from "react";

import { ConditionField } from "@/pages/editor/config/condition/ConditionField";
import { InputSchemaField } from "@/pages/editor/config/inputs/InputSchemaField";
import { AutomationField, ChannelField, ConversationField, LeadField, PeopleField, PersonField, RecordField } from "@/pages/editor/config/records/pickers";
import { RecipientsField } from "@/pages/editor/config/records/RecipientsField";
import { ColumnField, ColumnsField, ColumnValuesField, ItemPathField, TableField, ZoneField } from "@/pages/editor/config/records/widgets";
import { CodeField, ItemsField, LongTextField } from "./special";
import type { ControlProps } from "./types";

export const WIDGETS: Readonly<Record<string, ComponentType<ControlProps> | undefined>> = {
  automation: AutomationField,
  channel: ChannelField,
  code: CodeField,
  column: ColumnField,
  columns: ColumnsField,
  columns_values: ColumnValuesField,
  condition: ConditionField,
  conversation: ConversationField,
  input_schema: InputSchemaField,
  item_path: ItemPathField,
  items: ItemsField,
  json: ItemsField,
  lead: LeadField,
  recipients: RecipientsField,
  record: RecordField,
  table: TableField,
  textarea: LongTextField,
  timezone: ZoneField,
  user: PersonField,
  users: PeopleField,
};
