import { Badge } from "@mantine/core";

import { useAccount } from "@/session/accounts";
import { approvalsTexts as texts } from "@/texts/approvals";

import { MOST_COUNTED, useOpenApprovals } from "./queries";

/** How many approvals are open, beside their link; nothing while there are none. */
export function OpenApprovals() {
  const account = useAccount();
  const count = useOpenApprovals(account?.account_id ?? null);
  if (count === 0) return null;
  const told = count < MOST_COUNTED ? String(count) : texts.many;
  return (
    <Badge size="sm" variant="light" ml="auto" aria-label={texts.open(told)}>
      {told}
    </Badge>
  );
}
