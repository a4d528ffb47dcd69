import { Anchor, Text } from "@mantine/core";
import { Link } from "react-router";

import classes from "./table.module.css";

interface NamedLinkProps {
  readonly name: string;
  /** Null: it has no page. */
  readonly path: string | null;
}

/** A name that may be long, and the way to what it names. */
export function NamedLink({ name, path }: NamedLinkProps) {
  if (path === null) {
    return (
      <Text span inherit className={classes.cut} title={name}>
        {name}
      </Text>
    );
  }
  return (
    <Anchor component={Link} to={path} inherit className={`${classes.above} ${classes.cut}`} title={name}>
      {name}
    </Anchor>
  );
}
