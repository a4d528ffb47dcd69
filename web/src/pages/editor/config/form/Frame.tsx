import { Input } from "@mantine/core";
import { useElementSize } from "@mantine/hooks";
import { type CSSProperties, type ReactNode, useId } from "react";

import type { Field } from "@/flow/formFields";
import type { FieldPath } from "@/flow/formValues";
import { Prose } from "@/parts/Prose";

import { pathKey, useProblemAt } from "./FormContext";
import classes from "./form.module.css";
import { Missing, Said } from "./Said";

interface FrameProps {
  readonly field: Field;
  readonly path: FieldPath;
  /** At the end of the line of its label. */
  readonly actions?: ReactNode;
  readonly error?: string | null;
  /** Of one control; else it is a group of them. */
  readonly children: (id: string) => ReactNode;
}

/** Label, help and what is wrong, of a field with one control. */
export function Frame({ field, path, actions, error = null, children }: FrameProps) {
  const id = useId();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const problem = useProblemAt(path, true);
  const isMissing = error === null && problem?.isMissing === true;
  const look = problem?.isError === false && error === null ? { c: "dimmed" } : {};
  return (
    <div className={classes.frame} style={besides(width)} data-path={pathKey(path)}>
      <Input.Wrapper
        id={id}
        label={field.title}
        description={field.description === null ? undefined : <Prose text={field.description} />}
        error={error ?? problem?.message}
        withAsterisk={field.isRequired}
        descriptionProps={{ mt: 4 }}
        errorProps={isMissing ? { className: classes.missing, ...look } : { mt: 4, ...look }}
        inputWrapperOrder={isMissing ? ["error", "label", "input", "description"] : ["label", "input", "error", "description"]}
      >
        {children(id)}
      </Input.Wrapper>
      {actions !== undefined && (
        <div ref={ref} className={classes.actions}>
          {actions}
        </div>
      )}
    </div>
  );
}

interface GroupFrameProps {
  readonly field: Field;
  readonly path: FieldPath;
  readonly actions?: ReactNode;
  readonly children: ReactNode;
}

/** The same of a field with several controls. */
export function GroupFrame({ field, path, actions, children }: GroupFrameProps) {
  const id = useId();
  const { ref, width } = useElementSize<HTMLDivElement>();
  const problem = useProblemAt(path, false);
  return (
    <div role="group" aria-labelledby={id} className={classes.frame} style={besides(width)} data-path={pathKey(path)}>
      <Missing problem={problem} />
      <Input.Label component="div" labelElement="div" id={id} required={field.isRequired} mb={2}>
        {field.title}
      </Input.Label>
      {field.description !== null && (
        <Input.Description mb={6}>
          <Prose text={field.description} />
        </Input.Description>
      )}
      <Said problem={problem} />
      {actions !== undefined && (
        <div ref={ref} className={classes.actions}>
          {actions}
        </div>
      )}
      {children}
    </div>
  );
}

/** What is still to be filled in is said beside the actions, however long their words are. */
function besides(actions: number): CSSProperties {
  return actions === 0 ? {} : ({ "--actions": `${actions}px` } as CSSProperties);
}
