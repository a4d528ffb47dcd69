import { Anchor, Text } from "@mantine/core";

import { draftTexts } from "@/texts/draft";

interface PublishedNoticeProps {
  readonly text: string;
  /** Where its runs are. */
  readonly to: string;
  readonly onFollow: () => void;
}

/** Notices stand outside of the router, so a link of them is followed from there. */
export function PublishedNotice({ text, to, onFollow }: PublishedNoticeProps) {
  return (
    <>
      <Text size="sm" c="dimmed">
        {text}
      </Text>
      <Anchor
        href={to}
        size="sm"
        onClick={(event) => {
          event.preventDefault();
          onFollow();
        }}
      >
        {draftTexts.publish.watch}
      </Anchor>
    </>
  );
}
