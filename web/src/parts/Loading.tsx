import { Center, Loader } from "@mantine/core";

import { partsTexts } from "@/texts/parts";

/** In the place of a page, or of a part of it, that is on its way. */
export function Loading() {
  return (
    <Center py={96}>
      <Loader aria-label={partsTexts.loading} />
    </Center>
  );
}
