import { Button, Group, Skeleton, Stack, Text } from "@mantine/core";

import { Dialog } from "@/parts/Dialog";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { bulkTexts as texts } from "@/texts/bulk";
import { partsTexts } from "@/texts/parts";

import { type Deed, nameOf } from "./deeds";

interface BulkDialogProps {
  deed: Deed;
  /** Undefined: they are still being counted. */
  count: { readonly count: number; readonly isMore: boolean } | undefined;
  error: unknown;
  isPending: boolean;
  onClose: () => void;
  onConfirm: () => void;
}

/** Says how many before anything is done to them. */
export function BulkDialog({ deed, count, error, isPending, onClose, onConfirm }: BulkDialogProps) {
  const name = nameOf(deed);
  const isNone = count?.count === 0 && !count.isMore;
  const title = count === undefined ? partsTexts.loading : texts.asked[name](texts.runs(count.count, count.isMore));
  return (
    <Dialog onClose={onClose} title={isNone ? texts.asked.none : title} closeButtonProps={{ "aria-label": partsTexts.close }}>
      <Stack gap="lg">
        {error !== null && <ProblemNotice error={error} />}
        <Skeleton visible={count === undefined && error === null}>
          <Text size="sm" c="dimmed">
            {texts.asked.about[name]}
          </Text>
        </Skeleton>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {isNone ? partsTexts.close : texts.asked.keep}
          </Button>
          {!isNone && (
            <Button {...(deed.kind === "cancel" ? { color: "red" } : {})} disabled={count === undefined} loading={isPending} onClick={onConfirm}>
              {texts.asked.do[name]}
            </Button>
          )}
        </Group>
      </Stack>
    </Dialog>
  );
}
