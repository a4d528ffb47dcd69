import { Button } from "@mantine/core";
import { SearchX } from "lucide-react";

import { partsTexts } from "@/texts/parts";

import { EmptyState } from "./EmptyState";

interface NoMatchProps {
  readonly texts: { readonly title: string; readonly text: string };
  readonly onClear: () => void;
}

/** In the place of a list that has something, and nothing that its filters let through. */
export function NoMatch({ texts, onClear }: NoMatchProps) {
  return (
    <EmptyState
      icon={SearchX}
      title={texts.title}
      text={texts.text}
      actions={
        <Button variant="default" onClick={onClear}>
          {partsTexts.clearFilters}
        </Button>
      }
    />
  );
}
