import { Anchor, Center, Group, Loader, SegmentedControl, Text, Title } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { ChevronLeft, Shapes } from "lucide-react";
import { useState } from "react";
import { Link, useParams } from "react-router";

import { parseDrawing } from "@/flow/drawing";
import { queryKeys } from "@/lib/query-keys";
import { EmptyState } from "@/parts/EmptyState";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { StatusBadge } from "@/parts/StatusBadge";
import { useCatalogue } from "@/session/catalogue";
import { answer, api } from "@/session/client";
import { commonTexts } from "@/texts/common";
import { editorTexts as texts } from "@/texts/editor";

import { Canvas } from "./Canvas";
import classes from "./EditorPage.module.css";
import { Outline } from "./Outline";

type View = "canvas" | "list";

/** One automation, to look at. */
export function EditorPage() {
  const { id = "" } = useParams();
  const catalogue = useCatalogue();
  const [view, setView] = useState<View>("canvas");
  const { data, error, refetch } = useQuery({
    queryKey: queryKeys.automations.detail(id),
    queryFn: () => answer(api.GET("/api/v1/automations/{automation_id}", { params: { path: { automation_id: id } } })),
  });
  useDocumentTitle(`${data?.name ?? ""} · ${commonTexts.product}`);
  if (error !== null) return <ProblemNotice error={error} onRetry={() => void refetch()} />;
  if (data === undefined) {
    return (
      <Center py={96}>
        <Loader aria-label={commonTexts.loading} />
      </Center>
    );
  }
  const drawing = parseDrawing(data.nodes, data.edges);
  const status = data.status === "active" ? (data.enabled ? "live" : "off") : data.status;
  return (
    <div className={classes.editor} data-wide>
      <Group component="header" className={classes.bar} justify="space-between" wrap="nowrap">
        <Group gap="sm" wrap="nowrap" miw={0}>
          <Anchor component={Link} to="/automations" c="dimmed" aria-label={texts.back} className={classes.back}>
            <ChevronLeft size={20} />
          </Anchor>
          <Title order={1} size="h4" className={classes.name}>
            {data.name}
          </Title>
          <StatusBadge status={status} />
          {!data.draft_is_published && status !== "draft" && (
            <Text size="sm" c="dimmed">
              {texts.draft}
            </Text>
          )}
        </Group>
        <SegmentedControl
          size="xs"
          aria-label={texts.view}
          value={view}
          onChange={setView}
          data={[
            { value: "canvas", label: texts.canvasTab },
            { value: "list", label: texts.list },
          ]}
        />
      </Group>
      {drawing.nodes.length === 0 ? (
        <EmptyState icon={Shapes} title={texts.empty.title} text={texts.empty.text} />
      ) : view === "canvas" ? (
        <Canvas drawing={drawing} catalogue={catalogue} label={texts.canvas(data.name)} />
      ) : (
        <Outline drawing={drawing} catalogue={catalogue} />
      )}
    </div>
  );
}
