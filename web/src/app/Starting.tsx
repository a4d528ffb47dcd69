import { Center, Loader } from "@mantine/core";

import { commonTexts } from "@/texts/common";

export function Starting() {
  return (
    <Center h="100vh">
      <Loader aria-label={commonTexts.loading} />
    </Center>
  );
}
