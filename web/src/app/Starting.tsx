import { Center, Loader } from "@mantine/core";

import { partsTexts } from "@/texts/parts";

export function Starting() {
  return (
    <Center h="100vh">
      <Loader aria-label={partsTexts.loading} />
    </Center>
  );
}
