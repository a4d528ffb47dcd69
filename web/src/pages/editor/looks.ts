/** What people call an automation, and what of it was changed in the form. */

import type { Automation } from "@/pages/editor/tabs";

export type Looks = Pick<Automation, "name" | "description" | "icon" | "color">;
export type Edited = { readonly [Key in keyof Looks]?: Looks[Key] };

const NAMES = ["name", "description", "icon", "color"] as const;

export function withEdits(now: Looks, edited: Edited): Looks {
  return { name: edited.name ?? now.name, description: field(now, edited, "description"), icon: field(now, edited, "icon"), color: field(now, edited, "color") };
}

/** As it is sent: what is left empty is none. */
export function cleaned({ name, description, icon, color }: Looks): Looks {
  const text = description?.trim() ?? "";
  return { name: name.trim(), description: text === "" ? null : text, icon, color };
}

export function isEdited(now: Looks, edited: Edited): boolean {
  const next = cleaned(withEdits(now, edited));
  return NAMES.some((name) => (next[name] ?? "") !== (now[name] ?? ""));
}

function field<Key extends keyof Looks>(now: Looks, edited: Edited, key: Key): Looks[Key] {
  const value = edited[key];
  return value === undefined ? now[key] : (value);
}
