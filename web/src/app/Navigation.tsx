import { Box, Group, Stack, Text, Tooltip } from "@mantine/core";
import { BookOpen, Bot, History, KeyRound, KeySquare, type LucideIcon, MessagesSquare, Settings, Stamp, Users, UsersRound, Workflow } from "lucide-react";
import { NavLink } from "react-router";

import { useLiveState } from "@/live/useLive";
import { shellTexts } from "@/texts/shell";

import { AccountSwitch } from "./AccountSwitch";
import { Brand } from "./Brand";
import classes from "./Navigation.module.css";
import { OpenApprovals } from "./OpenApprovals";
import type { Page } from "./pages";
import { ThemeSwitch } from "./ThemeSwitch";

type PageLink = readonly [page: Page, text: string, icon: LucideIcon];

const LINKS: readonly PageLink[] = [
  ["automations", shellTexts.pages.automations, Workflow],
  ["runs", shellTexts.pages.runs, History],
  ["approvals", shellTexts.pages.approvals, Stamp],
  ["leads", shellTexts.pages.leads, Users],
  ["conversations", shellTexts.pages.conversations, MessagesSquare],
];

const ACCOUNT_LINKS: readonly PageLink[] = [
  ["ai-tools", shellTexts.pages["ai-tools"], Bot],
  ["secrets", shellTexts.pages.secrets, KeyRound],
  ["api-keys", shellTexts.pages["api-keys"], KeySquare],
  ["team", shellTexts.pages.team, UsersRound],
  ["settings", shellTexts.pages.settings, Settings],
];

export function Navigation() {
  return (
    <Stack h="100%" gap={0} justify="space-between" p="sm">
      <Stack gap="md">
        <Group justify="space-between" px={8} pt={8} visibleFrom="md">
          <Brand />
          <LiveDot />
        </Group>
        <AccountSwitch />
        <Links links={LINKS} label={shellTexts.groups.work} />
        <Stack gap={4}>
          <Text size="xs" c="dimmed" fw={550} px={10} aria-hidden>
            {shellTexts.groups.account}
          </Text>
          <Links links={ACCOUNT_LINKS} label={shellTexts.groups.account} />
        </Stack>
      </Stack>
      <Stack gap={6}>
        <a href="/api/docs" target="_blank" rel="noreferrer" className={classes.link} title={shellTexts.help.label}>
          <BookOpen size={17} strokeWidth={1.9} aria-hidden />
          {shellTexts.help.api}
        </a>
        <ThemeSwitch />
      </Stack>
    </Stack>
  );
}

function Links({ links, label }: { links: readonly PageLink[]; label: string }) {
  return (
    <Stack component="ul" gap={2} className={classes.links} aria-label={label}>
      {links.map(([page, text, Icon]) => (
        <li key={page}>
          <NavLink to={`/${page}`} className={({ isActive }) => `${classes.link} ${isActive ? classes.active : ""}`}>
            <Icon size={17} strokeWidth={1.9} aria-hidden />
            {text}
            {page === "approvals" && <OpenApprovals />}
          </NavLink>
        </li>
      ))}
    </Stack>
  );
}

function LiveDot() {
  const { state } = useLiveState();
  return (
    <Tooltip label={shellTexts.live[state]} position="right">
      <Box role="status" aria-label={shellTexts.live[state]} className={classes.dot} data-state={state} />
    </Tooltip>
  );
}
