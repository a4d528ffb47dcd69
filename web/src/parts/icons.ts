/** Icons by their lucide name: those that node types and templates have are here, others are loaded when one is used. */

import {
  Bell, Bot, Braces, CalendarClock, Clock, CornerDownRight, FilePen, FilePlus, Gauge, GitBranch, Globe, Hand, HeartHandshake, Hourglass,
  ListChecks, ListFilter, type LucideIcon, Mail, Megaphone, Merge, MessageSquare, MousePointerClick, OctagonX, Repeat, Search,
  Sigma, Sparkles, Split, Tags, TextSearch, Timer, Trophy, UserCheck, Users, Variable, Webhook, Workflow, Zap,
} from "lucide-react";

const KNOWN: Readonly<Record<string, LucideIcon>> = {
  Bell, Bot, Braces, CalendarClock, Clock, CornerDownRight, FilePen, FilePlus, Gauge, GitBranch, Globe, Hand, HeartHandshake, Hourglass,
  ListChecks, ListFilter, Mail, Megaphone, Merge, MessageSquare, MousePointerClick, OctagonX, Repeat, Search, Sigma, Sparkles,
  Split, Tags, TextSearch, Timer, Trophy, UserCheck, Users, Variable, Webhook, Workflow, Zap,
};

export const KNOWN_ICONS: readonly string[] = Object.keys(KNOWN);

export function knownIcon(name: string | null): LucideIcon | null {
  return name === null ? null : (KNOWN[name] ?? null);
}

/** All of them: a chunk of its own. */
export async function loadIcon(name: string): Promise<LucideIcon | null> {
  const { icons } = await import("./allIcons");
  return (icons as Record<string, LucideIcon>)[name] ?? null;
}
