import { Badge } from "@mantine/core";

import { editorTexts as texts } from "@/texts/editor";

import classes from "./canvas.module.css";
import { LOOKS } from "./looks";
import type { NodeMark } from "./marks";

/** `inline`: in a text, not on the corner of a card. */
export function MarkBadge({ mark, inline = false }: { mark: NodeMark; inline?: boolean }) {
  const [Icon, color] = LOOKS[mark.tone];
  const word = texts.tones[mark.tone];
  return (
    <Badge size="sm" radius="sm" tt="none" fw={550} color={color} variant="light" {...(inline ? {} : { className: classes.mark, classNames: { label: classes.markWords } })} leftSection={<Icon size={11} aria-hidden />}>
      {mark.text === undefined ? word : `${word} · ${mark.text}`}
    </Badge>
  );
}
