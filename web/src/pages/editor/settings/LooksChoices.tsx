import { ColorSwatch, Group, Input, Radio, Tooltip } from "@mantine/core";
import { Check, Workflow } from "lucide-react";
import { useId } from "react";

import { KNOWN_ICONS } from "@/parts/icons";
import { IconTile } from "@/parts/IconTile";
import { NamedIcon } from "@/parts/NamedIcon";
import { TILE_COLORS } from "@/parts/tileColors";
import { settingsTexts } from "@/texts/settings";

import classes from "./settings.module.css";

const texts = settingsTexts.looks;
/** A radio has a text for a value. */
const NONE = "";

interface ChoiceProps {
  readonly value: string | null;
  readonly isReadOnly: boolean;
  readonly onChange: (value: string | null) => void;
}

export function IconChoice({ value, color, isReadOnly, onChange }: ChoiceProps & { readonly color: string | null }) {
  // The sign of a flow is the default already.
  const others = KNOWN_ICONS.filter((name) => name !== "Workflow" || name === value);
  const names = value === null || others.includes(value) ? others : [value, ...others];
  return (
    <Choices label={texts.icon} description={texts.iconText} value={value} isReadOnly={isReadOnly} onChange={onChange}>
      {[NONE, ...names].map((name) => (
        <Choice key={name} value={name} label={name === NONE ? texts.none : spaced(name)}>
          <IconTile color={color} size={32}>
            {name === NONE ? <Workflow size={17} /> : <NamedIcon name={name} size={17} />}
          </IconTile>
        </Choice>
      ))}
    </Choices>
  );
}

export function ColorChoice({ value, isReadOnly, onChange }: ChoiceProps) {
  return (
    <Choices label={texts.color} description={texts.colorText} value={value} isReadOnly={isReadOnly} onChange={onChange}>
      {[NONE, ...TILE_COLORS].map((name) => (
        <Choice key={name} value={name} label={name === NONE ? texts.none : spaced(name)}>
          <ColorSwatch color={`var(--mantine-color-${name === NONE ? "iris" : name}-6)`} size={26} c="white" withShadow={false}>
            {name === (value ?? NONE) && <Check size={14} strokeWidth={3} aria-hidden />}
          </ColorSwatch>
        </Choice>
      ))}
    </Choices>
  );
}

function Choices({ label, description, value, isReadOnly, onChange, children }: ChoiceProps & { label: string; description: string; children: React.ReactNode }) {
  const id = useId();
  return (
    <div>
      <Input.Label id={id}>{label}</Input.Label>
      <Input.Description>{description}</Input.Description>
      <Radio.Group value={value ?? NONE} aria-labelledby={id} readOnly={isReadOnly} onChange={(next) => !isReadOnly && onChange(next === NONE ? null : next)}>
        <Group gap={6} mt={8}>
          {children}
        </Group>
      </Radio.Group>
    </div>
  );
}

function Choice({ value, label, children }: { value: string; label: string; children: React.ReactNode }) {
  return (
    <Tooltip label={label} openDelay={300}>
      <Radio.Card value={value} aria-label={label} className={classes.choice}>
        {children}
      </Radio.Card>
    </Tooltip>
  );
}

/** `CalendarClock` is read as two words. */
function spaced(name: string): string {
  const words = name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
