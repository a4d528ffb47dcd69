import { Button } from "@mantine/core";
import { UserX } from "lucide-react";

import { EmptyState } from "@/parts/EmptyState";
import { useSession } from "@/session/store";
import { shellTexts } from "@/texts/shell";

const texts = shellTexts.noAccount;

export function NoAccount({ role }: { role: string }) {
  const { signOut } = useSession.getState();
  return (
    <EmptyState
      icon={UserX}
      title={texts.title}
      text={role === "service_role" ? texts.server : texts.person}
      actions={<Button onClick={() => signOut("person")}>{shellTexts.signOut}</Button>}
    />
  );
}
