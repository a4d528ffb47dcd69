import { Input, Loader, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData, useQuery } from "@tanstack/react-query";

import type { JsonObject } from "@/flow/drawing";
import { isWhole } from "@/flow/schedules";
import { told } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { answer, api } from "@/session/client";
import { triggerTexts } from "@/texts/triggers";

import classes from "./trigger.module.css";
import { clockIn, inZone } from "./times";

const texts = triggerTexts.schedule;
const AFTER_MS = 400;

/** What the server makes of the schedule: in words, and when it comes. */
export function NextTimes({ config, zone }: { config: JsonObject; zone: string }) {
  const [asked] = useDebouncedValue(config, AFTER_MS);
  const isReady = isWhole(asked);
  const { data, error, isPending } = useQuery({
    queryKey: ["schedule-preview", asked],
    queryFn: () => answer(api.POST("/api/v1/schedule-preview", { body: { config: asked, count: 10 } })),
    enabled: isReady,
    retry: false,
    placeholderData: keepPreviousData,
  });
  return (
    <section aria-label={texts.next} aria-live="polite" className={classes.box}>
      <Input.Label labelElement="div">{texts.next}</Input.Label>
      {!isReady ? (
        <Text size="xs" c="dimmed">
          {texts.nextIncomplete}
        </Text>
      ) : error !== null ? (
        <Text size="xs" c="red">
          <Prose text={`${told(error).title} ${told(error).text}`} />
        </Text>
      ) : isPending ? (
        <Loader size="xs" />
      ) : (
        <>
          <Text size="xs" c="dimmed" mb={6}>
            {data.words}
          </Text>
          {data.next.length === 0 && <Text size="sm">{texts.never}</Text>}
          <ol className={classes.times}>
            {data.next.map((due) => (
              <li key={due.at}>
                <time dateTime={due.at}>{inZone(due.at, data.timezone)}</time>
                <small>{texts.clock[due.clock] || (data.timezone === zone ? "" : texts.here(clockIn(due.at, zone)))}</small>
              </li>
            ))}
          </ol>
        </>
      )}
    </section>
  );
}
