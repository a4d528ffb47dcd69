import { CircleCheck, CircleDashed, CircleMinus, CirclePlus, CircleX, Hourglass, type LucideIcon, PencilLine, RefreshCw } from "lucide-react";
import type { MantineColor } from "@mantine/core";

import type { Tone } from "./marks";

/** Never by colour alone: each has its icon, and its word in the texts. */
export const LOOKS: Readonly<Record<Tone, readonly [icon: LucideIcon, color: MantineColor]>> = {
  ok: [CircleCheck, "teal"],
  failed: [CircleX, "red"],
  running: [RefreshCw, "blue"],
  waiting: [Hourglass, "yellow"],
  idle: [CircleDashed, "gray"],
  added: [CirclePlus, "teal"],
  removed: [CircleMinus, "red"],
  changed: [PencilLine, "yellow"],
};
