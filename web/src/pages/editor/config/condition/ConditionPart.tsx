import { ActionIcon, Button, Group, Menu, SegmentedControl, Stack, Text } from "@mantine/core";
import { ArrowDown, ArrowUp, Ban, Group as GroupIcon, MoreVertical, Plus, Trash2 } from "lucide-react";

import type { Condition, Path } from "@/flow/conditionTree";
import { conditionTexts as texts } from "@/texts/conditions";

import { useBuilder } from "./BuilderContext";
import classes from "./condition.module.css";
import { ConditionRow } from "./ConditionRow";

interface PartProps {
  readonly condition: Condition;
  readonly path: Path;
  readonly number: number;
  readonly count: number;
  readonly isNegated?: boolean;
}

/** A row, or a group of them, at any depth. */
export function ConditionPart({ condition, path, number, count, isNegated = false }: PartProps) {
  const { replace, isReadOnly } = useBuilder();
  const menu = isReadOnly ? null : <PartMenu path={path} number={number} count={count} isNegated={isNegated} isGroup={condition.kind !== "leaf"} />;
  switch (condition.kind) {
    case "leaf":
      return <ConditionRow leaf={condition} path={path} number={number} menu={menu} />;
    case "not":
      return (
        <div className={classes.not} role="group" aria-label={texts.not}>
          <Text size="xs" fw={600} c="red" mb={4}>
            {texts.notText}
          </Text>
          <ConditionPart condition={condition.child} path={[...path, 0]} number={number} count={1} isNegated />
        </div>
      );
    case "all":
    case "any":
      return (
        <div className={path.length === 0 ? undefined : classes.group} role="group" aria-label={texts.group}>
          <Group justify="space-between" mb={8} wrap="nowrap">
            <SegmentedControl
              size="xs"
              aria-label={texts.howMany}
              value={condition.kind}
              readOnly={isReadOnly}
              onChange={(kind) => replace(path, { ...condition, kind })}
              data={[
                { value: "all", label: texts.all },
                { value: "any", label: texts.any },
              ]}
            />
            {menu}
          </Group>
          <Stack gap={8}>
            {condition.children.map((child, index) => (
              <ConditionPart key={index} condition={child} path={[...path, index]} number={index + 1} count={condition.children.length} />
            ))}
            <AddButtons path={path} />
          </Stack>
        </div>
      );
  }
}

export function AddButtons({ path }: { path: Path }) {
  const { add, addGroup, isReadOnly } = useBuilder();
  if (isReadOnly) return null;
  return (
    <Group gap="xs" mt={6}>
      <Button size="compact-sm" variant="default" leftSection={<Plus size={14} />} onClick={() => add(path)}>
        {texts.add}
      </Button>
      <Button size="compact-sm" variant="subtle" color="gray" onClick={() => addGroup(path)}>
        {texts.addGroup}
      </Button>
    </Group>
  );
}

interface PartMenuProps {
  readonly path: Path;
  readonly number: number;
  readonly count: number;
  readonly isNegated: boolean;
  readonly isGroup: boolean;
}

function PartMenu({ path, number, count, isNegated, isGroup }: PartMenuProps) {
  const { move, negate, nest, remove } = useBuilder();
  // Of what is negated, the `not` around it is what is meant.
  const own = isNegated ? path.slice(0, -1) : path;
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="sm" aria-label={texts.menu(number)}>
          <MoreVertical size={15} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {count > 1 && (
          <>
            <Menu.Item leftSection={<ArrowUp size={14} />} disabled={number === 1} onClick={() => move(own, -1)}>
              {texts.up}
            </Menu.Item>
            <Menu.Item leftSection={<ArrowDown size={14} />} disabled={number === count} onClick={() => move(own, 1)}>
              {texts.down}
            </Menu.Item>
          </>
        )}
        <Menu.Item leftSection={<Ban size={14} />} onClick={() => negate(own)}>
          {isNegated ? texts.unnegate : texts.negate}
        </Menu.Item>
        {!isGroup && (
          <Menu.Item leftSection={<GroupIcon size={14} />} onClick={() => nest(own)}>
            {texts.nest}
          </Menu.Item>
        )}
        <Menu.Divider />
        <Menu.Item color="red" leftSection={<Trash2 size={14} />} onClick={() => remove(own)}>
          {texts.remove}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
