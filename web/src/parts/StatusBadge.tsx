import { Badge, type MantineColor } from "@mantine/core";
import { Ban, CircleCheck, CircleDashed, CircleX, Clock3, Hourglass, type LucideIcon, PauseCircle, Pencil, PowerOff, Radio, RefreshCw } from "lucide-react";

import { partsTexts } from "@/texts/parts";

import classes from "./StatusBadge.module.css";

export type Status = keyof typeof partsTexts.status;

/** Never by colour alone: each has its icon and its word. */
const LOOKS: Readonly<Record<Status, readonly [icon: LucideIcon, color: MantineColor]>> = {
  pending: [Clock3, "yellow"],
  running: [RefreshCw, "blue"],
  waiting: [Hourglass, "yellow"],
  completed: [CircleCheck, "teal"],
  failed: [CircleX, "red"],
  cancelled: [Ban, "gray"],
  skipped: [CircleDashed, "gray"],
  live: [Radio, "teal"],
  off: [PowerOff, "gray"],
  draft: [Pencil, "yellow"],
  paused: [PauseCircle, "orange"],
  error: [CircleX, "red"],
};

export function isStatus(text: string | null): text is Status {
  return text !== null && text in LOOKS;
}

export function StatusBadge({ status, size = "md" }: { status: Status; size?: "sm" | "md" }) {
  const [Icon, color] = LOOKS[status];
  return (
    <Badge
      variant="light"
      color={color}
      size={size === "md" ? "lg" : "md"}
      radius="sm"
      tt="none"
      fw={550}
      leftSection={<Icon size={13} aria-hidden className={status === "running" ? classes.turning : undefined} />}
      className={classes.badge}
    >
      {partsTexts.status[status]}
    </Badge>
  );
}
