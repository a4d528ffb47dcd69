import { ActionIcon, Input, Popover, Tooltip } from "@mantine/core";
import { Braces } from "lucide-react";
import { useId, useRef, useState } from "react";

import type { Field } from "@/flow/formFields";
import { type Edit, insertFilter, insertPath, openBraces, piecesOf } from "@/flow/templateText";
import { variableTexts as texts } from "@/texts/variables";

import { useForm } from "@/pages/editor/config/form/FormContext";
import { Preview } from "./Preview";
import classes from "./template.module.css";
import { useKnownList } from "./useKnownList";
import { useSources } from "./useSources";
import { useVariableList } from "./useVariableList";
import { VariableDialog } from "./VariableDialog";
import { VariableList } from "./VariableList";

interface TemplateInputProps {
  readonly id?: string;
  readonly label?: string;
  /** Of the field, for its button. */
  readonly title: string;
  readonly field: Field;
  readonly value: string;
  readonly placeholder?: string | undefined;
  readonly isLong?: boolean;
  readonly error?: string | null;
  /** What is around it says why. */
  readonly isWrong?: boolean;
  /** Of what it comes to with the samples. */
  readonly inWords?: (text: string) => string;
  /** Values that stand there already. */
  readonly known?: readonly string[];
  readonly onChange: (value: string | undefined) => void;
}

/** `typing`: what completes what is typed, without leaving the field; `known`: the same of known values; `dialog`: the button was pressed. */
type Open = "closed" | "typing" | "known" | "dialog";
const NONE: readonly string[] = [];

/** A text with variables in it. What is typed after `{{` is completed; the button shows all there is. */
export function TemplateInput({ id, label, title, field, value, placeholder, isLong = false, error = null, isWrong = false, inWords, known = NONE, onChange }: TemplateInputProps) {
  const { isReadOnly } = useForm();
  const area = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const [open, setOpen] = useState<Open>("closed");
  const [cursor, setCursor] = useState<readonly [start: number, end: number]>([0, 0]);
  const [typed, setTyped] = useState("");
  const takes = field.isTemplate || field.isSecret;
  const sources = useSources(field);
  const variables = useVariableList(sources, open === "typing" ? typed : "");
  const values = useKnownList(known, open === "known" ? typed : "");
  const list = open === "known" ? values : variables;

  const apply = (edit: Edit | null) => {
    if (edit === null) return;
    onChange(edit.text === "" ? undefined : edit.text);
    setOpen("closed");
    requestAnimationFrame(() => {
      area.current?.focus();
      area.current?.setSelectionRange(edit.cursor, edit.cursor);
    });
  };
  const choose = (text: string) => {
    onChange(text);
    setOpen("closed");
  };
  const insert = (path: string) => apply(insertPath(value, ...cursor, path));
  // Where the cursor was when it left: what is inserted goes there.
  const keepCursor = () => area.current !== null && setCursor([area.current.selectionStart, area.current.selectionEnd]);

  const onType = (text: string, at: number) => {
    onChange(text === "" ? undefined : text);
    const begun = takes ? openBraces(text, at) : null;
    setTyped(begun?.typed ?? text);
    setCursor([at, at]);
    values.reset();
    setOpen(begun !== null ? "typing" : known.length > 0 ? "known" : "closed");
  };
  const offer = () => {
    if (known.length === 0 || isReadOnly || piecesOf(value).some((piece) => piece.isExpression)) return;
    setTyped("");
    values.reset();
    setOpen("known");
  };
  const isTyping = (open === "typing" || open === "known") && list.rows.length > 0;
  const onPath = open === "known" ? choose : insert;

  return (
    <div>
      <Popover
        opened={open === "dialog" || isTyping}
        onChange={(opened) => !opened && setOpen("closed")}
        position="bottom-start"
        width={open === "known" ? "target" : 360}
        shadow="md"
        radius="md"
        trapFocus={open === "dialog"}
        returnFocus={false}
        withinPortal
        withRoles={false}
      >
        <Popover.Target>
          <div className={classes.box} data-error={isWrong || error !== null || undefined} data-long={isLong || undefined} data-readonly={isReadOnly || undefined}>
            <div className={classes.grow}>
              <div className={classes.mirror} aria-hidden>
                {piecesOf(value).map((piece, index) =>
                  piece.isExpression ? (
                    <span key={index} className={classes.expression}>
                      {piece.text}
                    </span>
                  ) : (
                    <span key={index}>{piece.text}</span>
                  ),
                )}
                {"\u200b"}
              </div>
              <textarea
                ref={area}
                className={classes.area}
                {...(id === undefined ? { "aria-label": label } : { id, "aria-describedby": `${id}-description ${id}-error` })}
                aria-invalid={isWrong || error !== null || undefined}
                rows={1}
                value={value}
                placeholder={placeholder}
                readOnly={isReadOnly}
                spellCheck={isLong}
                {...(isTyping ? { "aria-controls": listId, "aria-activedescendant": list.activeId(listId), "aria-autocomplete": "list" as const } : {})}
                onChange={({ currentTarget: { value: text, selectionStart } }) => onType(isLong ? text : text.replace(/\s*\n\s*/g, " "), selectionStart)}
                onKeyDown={(event) => {
                  if (isTyping && list.onKey(event, onPath)) return;
                  if (event.key === "Escape" && isTyping) {
                    event.stopPropagation();
                    setOpen("closed");
                  }
                  if (event.key === "Enter" && !isLong) {
                    event.preventDefault();
                    setOpen("closed");
                  }
                }}
                onFocus={offer}
                onClick={() => open === "closed" && offer()}
                onBlur={() => open !== "dialog" && setOpen("closed")}
              />
            </div>
            {!isReadOnly && takes && (
              <Tooltip label={texts.insert}>
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  size="sm"
                  className={classes.insert}
                  aria-label={texts.insertInto(title)}
                  aria-haspopup="dialog"
                  aria-expanded={open === "dialog"}
                  onClick={() => {
                    keepCursor();
                    setOpen(open === "dialog" ? "closed" : "dialog");
                  }}
                >
                  <Braces size={15} />
                </ActionIcon>
              </Tooltip>
            )}
          </div>
        </Popover.Target>
        <Popover.Dropdown p={0}>
          {open === "dialog" ? (
            <VariableDialog
              sources={sources}
              isSecret={field.isSecret}
              onPath={insert}
              onFilter={field.isTemplate ? (filter) => apply(insertFilter(value, cursor[1], filter)) : null}
              canFilter={insertFilter(value, cursor[1], "x") !== null}
              onClose={() => {
                setOpen("closed");
                area.current?.focus();
              }}
            />
          ) : (
            <VariableList id={listId} label={open === "known" ? texts.inUse : texts.dialog} list={list} onPath={onPath} />
          )}
        </Popover.Dropdown>
      </Popover>
      {error !== null && <Input.Error mt={4}>{error}</Input.Error>}
      <Preview text={value} sources={sources} inWords={inWords} />
    </div>
  );
}
