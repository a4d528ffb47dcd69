/** The paths of the fields that the keyboard goes out of: of a field in a group, the group's too if it goes out of that. */
export function pathsLeft(from: Element, to: Element | null): string[] {
  // What fills a field in, a list of variables say, is opened from it and leads back to it.
  if (to?.closest('[role="dialog"]') != null) return [];
  const paths: string[] = [];
  for (let field = from.closest<HTMLElement>("[data-path]"); field !== null; field = field.parentElement?.closest<HTMLElement>("[data-path]") ?? null) {
    if (to !== null && field.contains(to)) break;
    if (field.dataset["path"] !== undefined) paths.push(field.dataset["path"]);
  }
  return paths;
}
