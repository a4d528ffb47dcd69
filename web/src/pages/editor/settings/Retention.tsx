import { Code, Table } from "@mantine/core";
import type { ReactNode } from "react";

import { Section } from "@/parts/Section";
import { settingsTexts } from "@/texts/settings";

const texts = settingsTexts.retention;

/** `children`: what the automation says of its own runs; below it what holds for all of the installation. */
export function Retention({ children }: { readonly children?: ReactNode }) {
  return (
    <Section title={texts.title} text={texts.text}>
      {children}
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
