import { Kbd, Modal, Table, Text } from "@mantine/core";

import { canvasTexts } from "@/texts/canvas";
import { partsTexts } from "@/texts/parts";

const texts = canvasTexts.keys;

export function KeysDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={texts.title} closeButtonProps={{ "aria-label": partsTexts.close }}>
      <Table verticalSpacing={6} withRowBorders={false}>
        <Table.Tbody>
          {texts.list.map(([what, keys]) => (
            <Table.Tr key={what}>
              <Table.Td>{what}</Table.Td>
              <Table.Td ta="end">
                <Kbd>{keys}</Kbd>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt="sm">
        {texts.mac}
      </Text>
    </Modal>
  );
}
