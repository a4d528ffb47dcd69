import { useEffect, useState } from "react";

/** For what is there only while it is open: whoever closes it is where they were. */
export function useFocusBack(): void {
  const [opener] = useState(() => openerOf(document.activeElement));
  useEffect(
    () => () => {
      // Where something else has taken the focus by then, it keeps it.
      requestAnimationFrame(() => {
        if (document.activeElement === null || document.activeElement === document.body) opener?.focus({ preventScroll: true });
      });
    },
    [opener],
  );
}

/** A menu is gone by then: what opened that is still there. */
function openerOf(element: Element | null): HTMLElement | null {
  const button = element?.closest("[role=menu]")?.getAttribute("aria-labelledby");
  const opener = button == null ? element : document.getElementById(button);
  return opener instanceof HTMLElement && opener !== document.body ? opener : null;
}
