import { MultiSelect, Select, TagsInput } from "@mantine/core";

import { itemFields } from "@/flow/conditionFields";
import { listOf } from "@/flow/formValues";
import { writableColumns } from "@/flow/recordTables";
import { allPaths } from "@/flow/variableRows";
import { OfferedInput } from "@/parts/OfferedInput";
import { triggerTexts } from "@/texts/triggers";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { Frame } from "@/pages/editor/config/form/Frame";
import { hintOf } from "@/pages/editor/config/form/hints";
import { PairsField } from "@/pages/editor/config/form/PairsField";
import type { ControlProps } from "@/pages/editor/config/form/types";
import { useColumns } from "./useColumns";
import { useKnownValues } from "./useKnownValues";
import { useTables } from "./useWatchedTables";

const texts = triggerTexts.pick;
const ZONES = ["UTC", ...Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC")];

/** Any name may be typed: a table may be watched later. */
export function TableField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const tables = useTables();
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <OfferedInput areNames id={id} data={tables} value={textOf(value)} placeholder={texts.table} readOnly={isReadOnly} onChange={(name) => onChange(name === "" ? undefined : name)} />
      )}
    </Frame>
  );
}

export function ColumnField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly, table } = useForm();
  const columns = useColumns(table);
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <OfferedInput
          areNames
          id={id}
          data={columns.map((column) => column.name)}
          value={textOf(value)}
          placeholder={hintOf(field) ?? texts.column}
          readOnly={isReadOnly}
          onChange={(name) => onChange(name === "" ? undefined : name)}
        />
      )}
    </Frame>
  );
}

export function ColumnsField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly, table } = useForm();
  const columns = useColumns(table);
  const chosen = listOf(value).map(textOf);
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <TagsInput
          id={id}
          data={columns.map((column) => column.name)}
          value={chosen}
          placeholder={chosen.length === 0 ? texts.columns : undefined}
          readOnly={isReadOnly}
          onChange={(names) => onChange(names.length === 0 ? undefined : names)}
        />
      )}
    </Frame>
  );
}

/** Columns and what is written into them; of an input form, its names. */
export function ColumnValuesField(props: ControlProps) {
  const { table, nodeType } = useForm();
  const columns = useColumns(nodeType === "action-run-automation" ? null : table);
  const known = useKnownValues(nodeType === "action-run-automation" ? null : table);
  if (props.control.kind !== "pairs") return null;
  return <PairsField {...props} control={props.control} names={writableColumns(columns)} known={known} />;
}

/** Where in each item of the list a value is. */
export function ItemPathField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly, config, sources } = useForm();
  const paths = allPaths(itemFields(config, sources)).flatMap((group) => group.items);
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <OfferedInput areNames id={id} data={paths} value={textOf(value)} placeholder={hintOf(field)} readOnly={isReadOnly} onChange={(name) => onChange(name === "" ? undefined : name)} />
      )}
    </Frame>
  );
}

export function ZoneField({ field, path, value, onChange }: ControlProps) {
  const { isReadOnly } = useForm();
  const zone = textOf(value);
  const zones = zone === "" || ZONES.includes(zone) ? ZONES : [zone, ...ZONES];
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <Select
          id={id}
          data={zones}
          value={zone === "" ? "UTC" : zone}
          searchable
          allowDeselect={false}
          limit={60}
          placeholder={texts.zone}
          readOnly={isReadOnly}
          onChange={(chosen) => onChange(chosen ?? undefined)}
        />
      )}
    </Frame>
  );
}

export function MultiPick({ field, path, value, data, placeholder, onChange }: ControlProps & { data: readonly { value: string; label: string }[]; placeholder: string }) {
  const { isReadOnly } = useForm();
  const chosen = listOf(value).map(textOf);
  // What is no longer there is still chosen.
  const missing = chosen.filter((one) => !data.some((known) => known.value === one));
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <MultiSelect
          id={id}
          data={[...data, ...missing.map((one) => ({ value: one, label: one }))]}
          value={chosen}
          searchable
          readOnly={isReadOnly}
          placeholder={chosen.length === 0 ? placeholder : undefined}
          onChange={(next) => onChange(next.length === 0 ? undefined : next)}
        />
      )}
    </Frame>
  );
}

export function textOf(value: unknown): string {
  return typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value);
}
