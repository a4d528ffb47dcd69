import { Button } from "@mantine/core";
import { Plus } from "lucide-react";
import { useRef } from "react";
import { flushSync } from "react-dom";

interface AddButtonProps {
  readonly text: string;
  /** Where the text alone does not say of what. */
  readonly label?: string;
  readonly onAdd: () => void;
}

/** Below a list: one more, and on to its first field. */
export function AddButton({ text, label, onAdd }: AddButtonProps) {
  const button = useRef<HTMLButtonElement>(null);
  function add() {
    const list = button.current?.parentElement;
    flushSync(onAdd);
    // A list that is full now has no button any more.
    const added = button.current?.previousElementSibling ?? list?.lastElementChild;
    added?.querySelector<HTMLElement>("input:not([type=hidden]), textarea, [contenteditable=true]")?.focus();
  }
  return (
    <Button ref={button} size="compact-sm" variant="default" leftSection={<Plus size={14} />} style={{ alignSelf: "flex-start" }} aria-label={label} onClick={add}>
      {text}
    </Button>
  );
}
