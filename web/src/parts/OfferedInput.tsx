import { Autocomplete, type AutocompleteProps } from "@mantine/core";
import { useState } from "react";

import { offeredFor } from "./offered";

interface OfferedInputProps extends AutocompleteProps {
  /** Mostly it is one of those that are offered: Enter takes the best of them. Else it takes what was typed. */
  readonly areNames?: boolean;
}

/** Any text, with what is known offered: all of it until somebody types. Enter closes the list. */
export function OfferedInput({ areNames = false, onChange, onKeyDown, ...props }: OfferedInputProps) {
  const [isOpen, setOpen] = useState(false);
  const [isTyped, setTyped] = useState(false);
  const close = () => {
    setOpen(false);
    setTyped(false);
  };
  return (
    <Autocomplete
      {...props}
      dropdownOpened={isOpen}
      onDropdownOpen={() => setOpen(true)}
      onDropdownClose={close}
      selectFirstOptionOnChange={areNames && isTyped}
      filter={({ options, search, limit }) => offeredFor(options, isTyped ? search : "").slice(0, limit)}
      onInput={() => setTyped(true)}
      onChange={(text) => onChange?.(text)}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        if (event.key !== "Enter" || !isOpen || event.nativeEvent.isComposing) return;
        // The key is the list's, and sends no form.
        event.preventDefault();
        close();
      }}
    />
  );
}
