import { useQuery } from "@tanstack/react-query";

import { type Catalogue, catalogueOf } from "@/flow/catalogue";
import { listKeys } from "@/lib/list-keys";

import { answer, api } from "./client";

const NOTHING: Catalogue = new Map();

/** The node types that are installed: the same until the server is started anew. */
export function useCatalogue(): Catalogue {
  const { data } = useQuery({
    queryKey: listKeys.nodeTypes(),
    queryFn: async () => catalogueOf((await answer(api.GET("/api/v1/node-types"))).items),
    staleTime: Infinity,
  });
  return data ?? NOTHING;
}
