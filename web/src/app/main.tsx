import "@mantine/core/styles.css";
import "@mantine/notifications/styles.css";
import "./global.css";

import { createRoot } from "react-dom/client";

import { sendDeletesOnLeaving } from "@/parts/pendingDeletes";
import { keepRenewed } from "@/session/renewal";
import { shareWithTabs } from "@/session/tabs";

import { App } from "./App";

async function start(root: HTMLElement): Promise<void> {
  await shareWithTabs();
  keepRenewed();
  sendDeletesOnLeaving();
  createRoot(root).render(<App />);
}

const root = document.getElementById("root");
if (root !== null) void start(root);
