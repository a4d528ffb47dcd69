import { Box, Group, Stack, Tooltip } from "@mantine/core";
import { BookOpen, History, KeyRound, type LucideIcon, MessagesSquare, Stamp, Users, Workflow } from "lucide-react";
import { NavLink } from "react-router";

import { useLiveState } from "@/live/useLive";
import { shellTexts } from "@/texts/shell";

import { AccountSwitch } from "./AccountSwitch";
import { Brand } from "./Brand";
import classes from "./Navigation.module.css";
import { OpenApprovals } from "./OpenApprovals";
import type { Page } from "./pages";
import { ThemeSwitch } from "./ThemeSwitch";

const LINKS: readonly (readonly [page: Page, text: string, icon: LucideIcon])[] = [
  ["automations", shellTexts.pages.automations, Workflow],
  ["runs", shellTexts.pages.runs, History],
  ["approvals", shellTexts.pages.approvals, Stamp],
  ["leads", shellTexts.pages.leads, Users],
  ["conversations", shellTexts.pages.conversations, MessagesSquare],
  ["secrets", shellTexts.pages.secrets, KeyRound],
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
        <Stack component="ul" gap={2} className={classes.links}>
          {LINKS.map(([page, text, Icon]) => (
            <li key={page}>
              <NavLink to={`/${page}`} className={({ isActive }) => `${classes.link} ${isActive ? classes.active : ""}`}>
                <Icon size={17} strokeWidth={1.9} aria-hidden />
                {text}
                {page === "approvals" && <OpenApprovals />}
              </NavLink>
            </li>
          ))}
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

function LiveDot() {
  const { state } = useLiveState();
  return (
    <Tooltip label={shellTexts.live[state]} position="right">
      <Box role="status" aria-label={shellTexts.live[state]} className={classes.dot} data-state={state} />
    </Tooltip>
  );
}
