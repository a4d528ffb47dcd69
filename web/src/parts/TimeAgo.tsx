import { Text, type TextProps, Tooltip } from "@mantine/core";

import { partsTexts } from "@/texts/parts";

import { ago, fullTime } from "./time";
import { useNow } from "./useNow";

/** How long ago, as it goes on; the time itself when one points at it. */
export function TimeAgo({ time, ...style }: { time: string | null } & TextProps) {
  const now = useNow();
  if (time === null) {
    return (
      <Text component="span" c="dimmed" size="sm" {...style}>
        {partsTexts.ago.never}
      </Text>
    );
  }
  const date = new Date(time);
  return (
    <Tooltip label={fullTime(date)} openDelay={300}>
      <Text component="time" dateTime={time} size="sm" style={{ whiteSpace: "nowrap" }} {...style}>
        {ago(date, now)}
      </Text>
    </Tooltip>
  );
}
