import { Stack, Text, Title } from "@mantine/core";

import type { Catalogue } from "@/flow/catalogue";
import { palette } from "@/flow/palette";
import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { canvasTexts } from "@/texts/canvas";

import classes from "./palette.module.css";

const texts = canvasTexts.empty;
const FIRST = Object.keys(texts.teach);

/** Of an empty canvas: what can start it, in words that teach. */
export function FirstTrigger({ catalogue, onChoose }: { catalogue: Catalogue; onChoose: (type: string) => void }) {
  const types = palette(catalogue, "", { triggers: true }).flatMap((group) => group.types);
  const place = (type: string) => (FIRST.includes(type) ? FIRST.indexOf(type) : FIRST.length);
  return (
    <Stack align="center" gap="xl" px="lg" py={56}>
      <Stack gap={6} align="center" ta="center">
        <Title order={2} size="h2">
          {texts.title}
        </Title>
        <Text c="dimmed" maw={520}>
          {texts.text}
        </Text>
      </Stack>
      <div className={classes.starts}>
        {[...types]
          .sort((a, b) => place(a.type) - place(b.type))
          .map((type) => (
            <div key={type.type} className={classes.start}>
              <IconTile color="teal" size={40}>
                <NamedIcon name={type.icon} size={21} />
              </IconTile>
              <button type="button" className={classes.whole} aria-describedby={`start-${type.type}`} onClick={() => onChoose(type.type)}>
                {type.title}
              </button>
              <small id={`start-${type.type}`}>{texts.teach[type.type] ?? type.description}</small>
            </div>
          ))}
      </div>
    </Stack>
  );
}
