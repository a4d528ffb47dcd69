
import { useDocumentTitle } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { Suspense, useEffect } from "react";
import { useParams } from "react-router";

import type { Catalogue } from "@/flow/catalogue";
import { queryKeys } from "@/lib/query-keys";
import { Loading } from "@/parts/Loading";
import { loadAhead } from "@/parts/onDemand";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useCatalogue } from "@/session/catalogue";
import { answerOf, api } from "@/session/client";
import { editorTexts } from "@/texts/editor";
import { partsTexts } from "@/texts/parts";

import { DraftContext } from "./draft/useDraft";
import { SaverContext, useOpenedDraft } from "./draft/useSaver";
import { ConflictBanner } from "./draft/ConflictBanner";
import { EditorBar } from "./EditorBar";
import classes from "./EditorPage.module.css";
import { type Automation, tabNamed } from "./tabs";

/** One automation: its tabs, and the draft that all of them see. */
export function EditorPage() {
  const { id = "" } = useParams();
  const catalogue = useCatalogue();
  const { data, error, refetch } = useQuery({
    queryKey: queryKeys.automations.detail(id),
    queryFn: () => answerOf("automation", id, () => api.GET("/api/v1/automations/{automation_id}", { params: { path: { automation_id: id } } })),
  });
  useDocumentTitle(`${data?.name ?? ""} · ${partsTexts.product}`);
  if (data !== undefined) return <Opened key={id} automation={data} catalogue={catalogue} />;
  return error === null ? <Loading /> : <ProblemNotice error={error} onRetry={() => void refetch()} back={{ to: "/automations", text: editorTexts.back }} />;
}

function Opened({ automation, catalogue }: { automation: Automation; catalogue: Catalogue }) {
  const { "*": rest = "" } = useParams();
  const { draft, saver } = useOpenedDraft(automation);
  const tab = tabNamed(rest);
  useEffect(loadAhead, []);
  return (
    <DraftContext value={draft}>
      <SaverContext value={saver}>
        <div className={classes.editor} data-wide>
          <EditorBar automation={automation} catalogue={catalogue} tab={tab?.name ?? null} />
          <ConflictBanner catalogue={catalogue} />
          <section className={classes.tab} aria-label={tab?.text}>
            <Suspense fallback={<Loading />}>{tab !== null && <tab.Component automation={automation} catalogue={catalogue} />}</Suspense>
          </section>
        </div>
      </SaverContext>
    </DraftContext>
  );
}
