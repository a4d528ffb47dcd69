import { AppShell, Burger, Group } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { useEffect } from "react";
import { Navigate, Outlet, useLocation } from "react-router";

import { useLive } from "@/live/useLive";
import { ProblemNotice } from "@/parts/ProblemNotice";
import { useAccount, useMe } from "@/session/accounts";
import { useSession } from "@/session/store";
import { shellTexts } from "@/texts/shell";

import { Brand } from "./Brand";
import { HealthBanner } from "./HealthBanner";
import { Navigation } from "./Navigation";
import { NoAccount } from "./NoAccount";
import classes from "./Shell.module.css";
import { Starting } from "./Starting";

/** Around every page of somebody who is signed in. */
export function Shell() {
  const isSignedIn = useSession((session) => session.token !== null);
  const location = useLocation();
  if (!isSignedIn) return <Navigate to="/sign-in" replace state={{ from: location.pathname + location.search }} />;
  return <SignedInShell />;
}

function SignedInShell() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  const { pathname } = useLocation();
  const me = useMe();
  const account = useAccount();
  useLive(account?.account_id ?? null);
  useEffect(close, [pathname, close]);

  return (
    <AppShell navbar={{ width: 236, breakpoint: "md", collapsed: { mobile: !isOpen } }} header={{ height: { base: 52, md: 0 } }} padding={0}>
      <a href="#content" className={classes.skip}>
        {shellTexts.skip}
      </a>
      <AppShell.Header hiddenFrom="md" px="md" className={classes.header}>
        <Group h="100%" gap="sm">
          <Burger opened={isOpen} onClick={toggle} size="sm" aria-label={shellTexts.menu} />
          <Brand />
        </Group>
      </AppShell.Header>
      <AppShell.Navbar className={classes.navbar} aria-label={shellTexts.navigation}>
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main id="content" tabIndex={-1} className={classes.main}>
        <HealthBanner />
        {me.isError ? (
          <div className={classes.page}>
            <ProblemNotice error={me.error} onRetry={() => void me.refetch()} />
          </div>
        ) : me.data === undefined ? (
          <Starting />
        ) : account === null ? (
          <NoAccount role={me.data.role} />
        ) : (
          <div className={classes.page} key={account.account_id}>
            <Outlet />
          </div>
        )}
      </AppShell.Main>
    </AppShell>
  );
}
