import { Button } from "@mantine/core";
import { Wrench } from "lucide-react";
import { isRouteErrorResponse, useRouteError } from "react-router";

import { EmptyState } from "@/parts/EmptyState";
import { partsTexts } from "@/texts/parts";

import { NotFoundPage } from "./NotFoundPage";

const texts = partsTexts.crash;

export function Broken() {
  const error = useRouteError();
  if (isRouteErrorResponse(error) && error.status === 404) return <NotFoundPage />;
  return (
    <EmptyState
      icon={Wrench}
      title={texts.title}
      text={texts.text}
      actions={<Button onClick={() => window.location.reload()}>{texts.reload}</Button>}
    />
  );
}
