import { Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { commonTexts } from "@/texts/common";
import { editorRunsTexts } from "@/texts/editor-runs";

import { counted, type Deed, useBulk, type Which } from "./bulk";

const texts = editorRunsTexts.bulk;

/** Says how many before anything is done to them. */
export function BulkDialog({ deed, which, onClose, onDone }: { deed: Deed; which: Which; onClose: () => void; onDone: () => void }) {
  const { data, error } = useQuery({
    queryKey: ["bulk", deed, which],
    queryFn: () => ("ids" in which ? { count: which.ids.length, isMore: false } : counted(which.automation, which.filters, deed.kind)),
    gcTime: 0,
  });
  const bulk = useBulk(() => {
    onDone();
    onClose();
  });
  const isNone = data?.count === 0 && !data.isMore;
  const title = data === undefined ? commonTexts.loading : texts.asked[deed.kind](texts.runs(data.count, data.isMore));
  return (
    <Modal opened onClose={onClose} title={isNone ? texts.asked.none : title} closeButtonProps={{ "aria-label": commonTexts.close }}>
      <Stack gap="lg">
        {error !== null && <ProblemNotice error={error} />}
        <Skeleton visible={data === undefined && error === null}>
          <Text size="sm" c="dimmed">
            {deed.kind === "cancel" ? texts.asked.cancelText : texts.asked.retryText}
          </Text>
        </Skeleton>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {isNone ? commonTexts.close : texts.asked.keep}
          </Button>
          {!isNone && (
            <Button
              {...(deed.kind === "cancel" ? { color: "red" } : {})}
              disabled={data === undefined}
              loading={bulk.isPending}
              onClick={() => bulk.mutate({ deed, which })}
            >
              {texts.asked.do[deed.kind]}
            </Button>
          )}
        </Group>
      </Stack>
    </Modal>
  );
}
