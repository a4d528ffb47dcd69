import { useQuery } from "@tanstack/react-query";

import type { Field } from "@/flow/formFields";
import type { Source } from "@/flow/variables";
import { listKeys } from "@/lib/list-keys";
import { answer, api } from "@/session/client";
import { variableTexts as texts } from "@/texts/variables";

import { useForm } from "@/pages/editor/config/form/FormContext";

/** What may stand in the braces of this field. */
export function useSources({ isTemplate, isSecret }: Pick<Field, "isTemplate" | "isSecret">): readonly Source[] {
  const { sources, account } = useForm();
  const { data: secrets } = useQuery({
    queryKey: listKeys.secrets(account),
    queryFn: () => answer(api.GET("/api/v1/secrets", { params: { query: { account } } })),
    enabled: isSecret && account !== "",
  });
  const own = isTemplate ? sources : [];
  if (!isSecret || secrets === undefined || secrets.items.length === 0) return own;
  const variables = secrets.items.map(({ name }) => ({ path: `secrets.${name}`, name, sample: texts.secretSample, children: [] }));
  return [{ nodeId: null, title: texts.secrets, variables }, ...own];
}
