import { withPanes } from "@/pages/editor/panes";

import own from "./versions.module.css";

export const classes = withPanes(own);
