import { Group, Text } from "@mantine/core";

import { partsTexts } from "@/texts/parts";

export function Brand() {
  return (
    <Group gap={10} wrap="nowrap">
      <img src="/favicon.svg" width={26} height={26} alt="" />
      <Text fw={650} fz={15} lts="-0.01em">
        {partsTexts.product}
      </Text>
    </Group>
  );
}
