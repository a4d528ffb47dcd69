import { useQuery } from "@tanstack/react-query";
import { type LucideIcon, Workflow } from "lucide-react";
import { createElement } from "react";

import { knownIcon, loadIcon } from "./icons";

interface NamedIconProps {
  name: string | null;
  size?: number;
  fallback?: LucideIcon;
}

/** Of a name that no icon has, the fallback. */
export function NamedIcon({ name, size = 18, fallback = Workflow }: NamedIconProps) {
  const known = knownIcon(name);
  const { data } = useQuery({
    queryKey: ["icon", name],
    queryFn: () => loadIcon(name ?? ""),
    enabled: known === null && name !== null && name !== "",
    staleTime: Infinity,
  });
  return createElement(known ?? data ?? fallback, { size, strokeWidth: 1.9, "aria-hidden": true });
}
