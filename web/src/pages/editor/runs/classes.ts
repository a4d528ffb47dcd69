import { withPanes } from "@/pages/editor/panes";

import own from "./runs.module.css";

export const classes = withPanes(own);
