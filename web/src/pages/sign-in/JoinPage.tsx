import { Alert, Anchor, Button, Text } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import { notifications } from "@mantine/notifications";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation, useNavigate } from "react-router";

import { ProblemNotice } from "@/parts/ProblemNotice";
import { answer, api } from "@/session/client";
import { useSession } from "@/session/store";
import { partsTexts } from "@/texts/parts";
import { signInTexts } from "@/texts/sign-in";

import { codeIn } from "./codes";
import { Frame } from "./Frame";
import { SignInWays } from "./SignInWays";

const texts = signInTexts.join;

/** What is behind the # stays in the browser, so a code is in no log; and looking joins nothing. */
export function JoinPage() {
  useDocumentTitle(`${texts.title} · ${partsTexts.product}`);
  const { hash } = useLocation();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const isSignedIn = useSession((session) => session.token !== null);
  const code = codeIn(hash.slice(1));

  const join = useMutation({
    mutationFn: (given: string) => answer(api.POST("/api/v1/invitations/accept", { body: { code: given } })),
    async onSuccess({ account_id: account, role }) {
      useSession.getState().chooseAccount(account);
      await queries.invalidateQueries();
      notifications.show({ message: texts.joined(role) });
      await navigate("/automations", { replace: true });
    },
  });

  if (code === null) {
    return (
      <Frame title={texts.title}>
        <Alert color="red" variant="light" role="alert">
          {texts.noCode}
        </Alert>
      </Frame>
    );
  }
  return (
    <Frame title={texts.title}>
      <Text size="sm">{texts.text}</Text>
      {join.isError && <ProblemNotice error={join.error} />}
      {join.isError && isSignedIn && <Anchor component={Link} to="/automations">{texts.toTheList}</Anchor>}
      {isSignedIn ? (
        <Button onClick={() => join.mutate(code)} loading={join.isPending}>
          {texts.button}
        </Button>
      ) : (
        <>
          <Alert variant="light">{texts.signInFirst}</Alert>
          <SignInWays />
        </>
      )}
    </Frame>
  );
}
