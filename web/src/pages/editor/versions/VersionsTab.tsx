import { useParams, useSearchParams } from "react-router";

import type { TabProps } from "@/pages/editor/tabs";
import { comparedIn } from "./sides";
import { useVersions } from "./queries";
import { VersionList } from "./VersionList";
import { classes } from "./classes";
import { VersionView } from "./VersionView";

/** Left what was published, right what one of them changed. */
export function VersionsTab({ automation, catalogue }: TabProps) {
  const { "*": rest = "" } = useParams();
  const [parameters] = useSearchParams();
  const list = useVersions(automation.id);
  const name = rest.split("/")[1] ?? "";
  const compared = comparedIn(name, parameters, automation.published_number, automation.draft_is_published);
  return (
    <div className={classes.panes} data-chosen={name !== "" || undefined}>
      <VersionList automation={automation} list={list} chosen={compared.side} />
      <div className={classes.stage}>
        <VersionView key={compared.side} automation={automation} catalogue={catalogue} versions={list.versions} compared={compared} />
      </div>
    </div>
  );
}
