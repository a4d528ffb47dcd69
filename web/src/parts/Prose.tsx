import { Code } from "@mantine/core";

/** What is longer may not fit into a line. */
const WHOLE = 32;

/** A text of the server, in which what is typed stands between backticks. */
export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, index) => (index % 2 === 0 ? part : <Code key={index} {...(part.length < WHOLE ? { style: { whiteSpace: "nowrap" } } : {})}>{part}</Code>));
}
