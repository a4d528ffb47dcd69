import { Button } from "@mantine/core";
import { Compass } from "lucide-react";
import { Link } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { partsTexts } from "@/texts/parts";

const texts = partsTexts.notFound;

export function NotFoundPage() {
  return (
    <EmptyState
      icon={Compass}
      title={texts.title}
      text={texts.text}
      actions={
        <Button component={Link} to="/automations" variant="default">
          {texts.home}
        </Button>
      }
    />
  );
}
