import { SegmentedControl, Tooltip, useMantineColorScheme, VisuallyHidden } from "@mantine/core";
import { type LucideIcon, Monitor, Moon, Sun } from "lucide-react";

import { shellTexts } from "@/texts/shell";

const texts = shellTexts.theme;
const CHOICES: readonly (readonly [value: "light" | "auto" | "dark", icon: LucideIcon])[] = [
  ["light", Sun],
  ["auto", Monitor],
  ["dark", Moon],
];

export function ThemeSwitch() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <SegmentedControl
      fullWidth
      size="xs"
      aria-label={texts.label}
      value={colorScheme}
      onChange={(value) => setColorScheme(value)}
      data={CHOICES.map(([value, Icon]) => ({
        value,
        label: (
          <Tooltip label={texts[value]}>
            <span style={{ display: "flex", justifyContent: "center", paddingBlock: 3 }}>
              <Icon size={15} aria-hidden />
              <VisuallyHidden>{texts[value]}</VisuallyHidden>
            </span>
          </Tooltip>
        ),
      }))}
    />
  );
}
