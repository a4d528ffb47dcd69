import { Frame } from "./Frame";
import type { ControlProps } from "./types";
import { KindSelect, ValueInput } from "./ValueInput";

/** A value of one of several kinds: which, one chooses beside its label. */
export function ValueField({ field, control, path, value, onChange, isLong = false }: ControlProps & { isLong?: boolean }) {
  const kind = <KindSelect label={field.title} {...{ control, value, onChange }} />;
  return (
    <Frame field={field} path={path} actions={kind}>
      {(id) => <ValueInput id={id} label={field.title} isLong={isLong} {...{ field, control, path, value, onChange }} />}
    </Frame>
  );
}
