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

interface StatusBadgeProps {
  readonly status: Status;
  readonly size?: "sm" | "md";
  /** What is to be said beside it. */
  readonly more?: string;
}

export function StatusBadge({ status, size = "md", more }: StatusBadgeProps) {
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
      {more === undefined ? partsTexts.status[status] : `${partsTexts.status[status]} · ${more}`}
    </Badge>
  );
}
