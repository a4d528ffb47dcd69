import { ActionIcon, Button, CopyButton, Divider, PasswordInput, Stack, Text, Title, Tooltip } from "@mantine/core";
import { Check, Copy } from "lucide-react";
import { type SyntheticEvent, useState } from "react";

import { Prose } from "@/parts/Prose";
import { looksLikeToken } from "@/session/claims";
import { useSession } from "@/session/store";
import { partsTexts } from "@/texts/parts";
import { signInTexts } from "@/texts/sign-in";

import classes from "./Frame.module.css";

const { link, token: texts } = signInTexts;

/** By a link of a terminal, or with a token of whoever issues them. */
export function SignInWays() {
  return (
    <>
      <Stack gap="xs">
        <Title order={2} size="h4">
          {link.title}
        </Title>
        <Text size="sm" c="dimmed">
          {link.text}
        </Text>
        <div className={classes.command}>
          <span>{link.command}</span>
          <CopyButton value={link.command}>
            {({ copied, copy }) => (
              <Tooltip label={copied ? partsTexts.copied : link.copy}>
                <ActionIcon variant="subtle" color="gray" onClick={copy} aria-label={link.copy}>
                  {copied ? <Check size={16} /> : <Copy size={16} />}
                </ActionIcon>
              </Tooltip>
            )}
          </CopyButton>
        </div>
        <Text size="xs" c="dimmed">
          <Prose text={link.checkout} />
        </Text>
      </Stack>
      <Divider />
      <PasteToken />
    </>
  );
}

function PasteToken() {
  const [text, setText] = useState("");
  const [isWrong, setWrong] = useState(false);

  function submit(event: SyntheticEvent): void {
    event.preventDefault();
    const given = text.trim().replace(/^bearer\s+/i, "");
    if (looksLikeToken(given)) useSession.getState().signIn(given);
    else setWrong(true);
  }

  return (
    <Stack component="form" gap="xs" onSubmit={submit}>
      <Title order={2} size="h4">
        {texts.title}
      </Title>
      <Text size="sm" c="dimmed">
        {texts.text}
      </Text>
      <PasswordInput
        aria-label={texts.label}
        placeholder={texts.placeholder}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value);
          setWrong(false);
        }}
        error={isWrong ? texts.wrong : undefined}
        autoComplete="off"
        spellCheck={false}
      />
      <Button type="submit" disabled={text.trim() === ""}>
        {texts.submit}
      </Button>
    </Stack>
  );
}
