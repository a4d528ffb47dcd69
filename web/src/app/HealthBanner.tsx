import { Alert, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";

import { listKeys } from "@/lib/list-keys";
import { Prose } from "@/parts/Prose";
import { duration } from "@/parts/time";
import { answer, api } from "@/session/client";
import { shellTexts } from "@/texts/shell";

const texts = shellTexts.health;
const LOOK_EVERY = 15_000;

/** While nothing is begun, or late: above every page. */
export function HealthBanner() {
  const { data } = useQuery({
    queryKey: listKeys.health(),
    queryFn: () => answer(api.GET("/api/v1/health")),
    refetchInterval: LOOK_EVERY,
  });
  if (data === undefined || data.status === "ok") return null;
  const isLate = data.status === "late";
  return (
    <Alert
      radius={0}
      variant="light"
      color={isLate ? "yellow" : "red"}
      icon={<TriangleAlert size={18} />}
      title={isLate ? texts.late(duration(data.oldest_pending_seconds * 1_000)) : texts.no_worker}
      role="status"
    >
      <Text size="sm">
        <Prose text={isLate ? texts.lateHint : texts.noWorkerHint} />
      </Text>
    </Alert>
  );
}
