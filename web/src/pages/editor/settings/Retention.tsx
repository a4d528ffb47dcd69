import { Code, Table } from "@mantine/core";

import { Section } from "@/parts/Section";
import { settingsTexts } from "@/texts/settings";


const texts = settingsTexts.retention;

export function Retention() {
  return (
    <Section title={texts.title} text={texts.text}>
      <Table verticalSpacing="xs" aria-label={texts.title}>
        <Table.Tbody>
          {texts.rows.map(([what, usual, setting]) => (
            <Table.Tr key={setting}>
              <Table.Th scope="row" fw={550}>
                {what}
              </Table.Th>
              <Table.Td>{usual}</Table.Td>
              <Table.Td ta="end">
                <Code>{setting}</Code>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
