import { VisuallyHidden } from "@mantine/core";

import { useSaid } from "./said";

/** The same words twice are said twice. */
export function Announcer() {
  const { text, count } = useSaid();
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {text}
      {count % 2 === 0 ? "" : "\u00a0"}
    </VisuallyHidden>
  );
}
