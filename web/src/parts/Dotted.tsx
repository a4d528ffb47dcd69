import { Group, Text } from "@mantine/core";
import { Children, Fragment, type ReactNode } from "react";

/** Small facts in a row, told apart by dots. What is null is left out. */
export function Dotted({ children }: { children: ReactNode }) {
  return (
    <Group gap="0 6px">
      {Children.toArray(children).map((child, index) => (
        <Fragment key={index}>
          {index > 0 && (
            <Text span size="xs" c="dimmed" aria-hidden>
              ·
            </Text>
          )}
          {child}
        </Fragment>
      ))}
    </Group>
  );
}
