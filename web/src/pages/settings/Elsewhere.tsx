import { Table } from "@mantine/core";

import { Prose } from "@/parts/Prose";
import { Section } from "@/parts/Section";
import { accountSettingsTexts } from "@/texts/account-settings";

const texts = accountSettingsTexts.elsewhere;

/** What people look for here, and where it is. */
export function Elsewhere() {
  return (
    <Section title={texts.title} text={texts.text}>
      <Table verticalSpacing="xs" aria-label={texts.title}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{texts.columns.what}</Table.Th>
            <Table.Th>{texts.columns.where}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {texts.rows.map(([what, where]) => (
            <Table.Tr key={what}>
              <Table.Th scope="row" fw={400}>
                {what}
              </Table.Th>
              <Table.Td>
                <Prose text={where} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}
