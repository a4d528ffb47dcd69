import { Alert, Center, Loader, Stack, Text } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { useEffect, useState } from "react";
import { Navigate, useLocation, useNavigate } from "react-router";

import { ApiError } from "@/lib/api";
import { told } from "@/parts/problem";
import { Prose } from "@/parts/Prose";
import { useSession } from "@/session/store";
import { partsTexts } from "@/texts/parts";
import { signInTexts } from "@/texts/sign-in";

import { codeIn, signInBy } from "./codes";
import { Frame } from "./Frame";
import { SignInWays } from "./SignInWays";

export function SignInPage() {
  useDocumentTitle(`${signInTexts.title} · ${partsTexts.product}`);
  const { search, state } = useLocation() as { search: string; state: unknown };
  const navigate = useNavigate();
  const token = useSession((session) => session.token);
  const endedBy = useSession((session) => session.endedBy);
  // It works once, and need not stay in the history.
  const [code] = useState(() => codeIn(search));
  const [error, setError] = useState<unknown>(null);
  const [isAsking, setAsking] = useState(code !== null);

  useEffect(() => {
    if (code === null) return;
    signInBy(code)
      .then(
        ({ token: issued }) => useSession.getState().signIn(issued),
        (failure: unknown) => {
          setError(failure);
          // Whoever is signed in all the same leaves the page, and two navigations at once would end in none.
          if (useSession.getState().token === null) void navigate({ search: "" }, { replace: true, state });
        },
      )
      .finally(() => setAsking(false));
    // Once, for the code with which the page was opened.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [code]);

  if (token !== null && !isAsking) return <Navigate to={code !== null && error === null ? "/automations" : cameFrom(state)} replace />;
  if (isAsking) {
    return (
      <Center h="100vh">
        <Stack align="center">
          <Loader />
          <Text role="status">{signInTexts.signingIn}</Text>
        </Stack>
      </Center>
    );
  }
  return (
    <Frame title={signInTexts.title}>
      {endedBy !== "nobody" && error === null && (
        <Alert variant="light" role="status">
          {signInTexts.ended[endedBy]}
        </Alert>
      )}
      {error !== null && <WrongLink error={error} />}
      <SignInWays />
    </Frame>
  );
}

function WrongLink({ error }: { error: unknown }) {
  const { title, text } = told(error);
  const elsewhere = error instanceof ApiError && error.status === 404;
  return (
    <Alert color={elsewhere ? "iris" : "red"} variant="light" title={elsewhere ? undefined : signInTexts.failed} role="alert">
      <Prose text={elsewhere ? signInTexts.elsewhere : `${title} ${text}`} />
    </Alert>
  );
}

function cameFrom(state: unknown): string {
  const from = (state as { from?: unknown } | null)?.from;
  return typeof from === "string" && from.startsWith("/") && !from.startsWith("//") ? from : "/automations";
}
