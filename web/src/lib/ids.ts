const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Addresses are typed, and cut: not all that stands in the place of an id is one. */
export function isId(text: string | null): text is string {
  return text !== null && UUID.test(text);
}
