import { Alert, Group, Progress, Stack, Text } from "@mantine/core";
import { CircleAlert } from "lucide-react";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { Section } from "@/parts/Section";
import { useNow } from "@/parts/useNow";
import { accountSettingsTexts } from "@/texts/account-settings";

import { useAiUsage } from "./queries";
import classes from "./settings.module.css";
import { type Figures, figuresOf } from "./usage";

const texts = accountSettingsTexts.usage;
const inWords = (count: number) => count.toLocaleString("en");

export function AiUse({ account }: { account: string }) {
  const now = useNow();
  const { data, error, refetch } = useAiUsage(account);
  const figures = data === undefined ? null : figuresOf(data, now);
  return (
    <Section title={texts.title} text={texts.text}>
      {error !== null && <ProblemNotice error={error} onRetry={() => void refetch()} />}
      {figures !== null && (
        <>
          <Today figures={figures} />
          <Stack gap={8}>
            <Line title={texts.month} text={texts.monthly(inWords(figures.month.tokens), figures.month.calls)} />
            {figures.most > 0 && <Days figures={figures} />}
          </Stack>
        </>
      )}
    </Section>
  );
}

function Today({ figures: { today, reserved, limit, percent } }: { figures: Figures }) {
  const isFull = percent === 100;
  const words = limit === null ? texts.noLimit(inWords(today)) : texts.ofLimit(inWords(today), inWords(limit));
  return (
    <Stack gap={8}>
      <Line title={texts.today} text={words} />
      {percent !== null && limit !== 0 && (
        <Progress.Root size="lg" radius="xl">
          <Progress.Section value={percent} color={isFull ? "red" : "var(--mantine-primary-color-filled)"} aria-label={texts.meter} aria-valuetext={words} />
        </Progress.Root>
      )}
      {reserved > 0 && (
        <Text size="xs" c="dimmed">
          {texts.reserved(inWords(reserved))}
        </Text>
      )}
      {isFull && (
        <Alert color="orange" variant="light" radius="md" icon={<CircleAlert size={18} />}>
          {limit === 0 ? texts.none : texts.full}
        </Alert>
      )}
    </Stack>
  );
}

function Line({ title, text }: { title: string; text: string }) {
  return (
    <Group justify="space-between" gap="sm">
      <Text size="sm" fw={550}>
        {title}
      </Text>
      <Text size="sm" className="number">
        {text}
      </Text>
    </Group>
  );
}

function Days({ figures: { days, most } }: { figures: Figures }) {
  return (
    <div className={classes.days} role="img" aria-label={texts.days(days.length, inWords(most))}>
      {days.map(({ day, tokens, share }) => (
        <div key={day} className={classes.day} title={texts.day(day, inWords(tokens))}>
          <div className={classes.bar} style={{ height: `${share * 100}%` }} />
        </div>
      ))}
    </div>
  );
}
