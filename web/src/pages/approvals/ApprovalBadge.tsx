import { Badge, type MantineColor } from "@mantine/core";
import { Ban, CircleCheck, CircleX, Clock3, Hourglass, type LucideIcon } from "lucide-react";

import { approvalsTexts } from "@/texts/approvals";

import type { ApprovalListItem } from "./queries";

type Status = ApprovalListItem["status"];

const LOOKS: Readonly<Record<Status, readonly [icon: LucideIcon, color: MantineColor]>> = {
  pending: [Hourglass, "yellow"],
  approved: [CircleCheck, "teal"],
  rejected: [CircleX, "red"],
  timed_out: [Clock3, "gray"],
  void: [Ban, "gray"],
};

export function ApprovalBadge({ status }: { status: Status }) {
  const [Icon, color] = LOOKS[status];
  return (
    <Badge variant="light" color={color} size="lg" radius="sm" tt="none" fw={550} leftSection={<Icon size={13} aria-hidden />}>
      {approvalsTexts.status[status]}
    </Badge>
  );
}
