import { TemplateInput } from "@/pages/editor/config/template/TemplateInput";
import { useProblemAt } from "./FormContext";
import { Frame } from "./Frame";
import { hintOf } from "./hints";
import type { ControlProps } from "./types";

/** A text that is filled in from a template. */
export function TextField({ field, path, value, onChange, isLong = false }: ControlProps & { isLong?: boolean }) {
  const problem = useProblemAt(path, true);
  return (
    <Frame field={field} path={path}>
      {(id) => (
        <TemplateInput
          id={id}
          title={field.title}
          field={field}
          isLong={isLong}
          isWrong={problem?.isError === true}
          value={typeof value === "string" ? value : value === undefined || value === null ? "" : JSON.stringify(value)}
          placeholder={hintOf(field)}
          onChange={onChange}
        />
      )}
    </Frame>
  );
}
