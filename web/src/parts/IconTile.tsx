import { ThemeIcon } from "@mantine/core";
import type { ReactNode } from "react";

import { TILE_COLORS } from "./tileColors";

const COLORS: ReadonlySet<string> = new Set(TILE_COLORS);

/** An icon on a soft ground. What the database has for a colour may be anything. */
export function IconTile({ color, size = 36, children }: { color: string | null; size?: number; children: ReactNode }) {
  return (
    <ThemeIcon variant="light" color={color !== null && COLORS.has(color) ? color : "iris"} size={size} radius="md" aria-hidden>
      {children}
    </ThemeIcon>
  );
}
