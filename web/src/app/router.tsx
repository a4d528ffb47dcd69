import { createBrowserRouter } from "react-router";

import { Broken } from "./Broken";
import { NotFoundPage } from "./NotFoundPage";
import type { Page } from "./pages";
import { Starting } from "./Starting";

const path = (page: Page, rest = "") => `/${page}${rest}`;

/** Each page is a chunk of its own; the shell comes with the first that needs it. */
export function createRoutes() {
  return createBrowserRouter([
    {
      ErrorBoundary: Broken,
      HydrateFallback: Starting,
      children: [
        { path: path("sign-in"), lazy: async () => ({ Component: (await import("@/pages/sign-in/SignInPage")).SignInPage }) },
        { path: path("join"), lazy: async () => ({ Component: (await import("@/pages/sign-in/JoinPage")).JoinPage }) },
        {
          lazy: async () => ({ Component: (await import("./Shell")).Shell }),
          children: [
            {
              ErrorBoundary: Broken,
              children: [
                { index: true, lazy: async () => ({ Component: (await import("./Home")).Home }) },
                {
                  path: path("automations"),
                  lazy: async () => ({ Component: (await import("@/pages/automations/AutomationsPage")).AutomationsPage }),
                },
                {
                  path: path("automations", "/:id/*"),
                  lazy: async () => ({ Component: (await import("@/pages/editor/EditorPage")).EditorPage }),
                },
                { path: path("runs"), lazy: async () => ({ Component: (await import("@/pages/runs/RunsPage")).RunsPage }) },
                {
                  path: path("approvals"),
                  lazy: async () => ({ Component: (await import("@/pages/approvals/ApprovalsPage")).ApprovalsPage }),
                },
                { path: path("leads"), lazy: async () => ({ Component: (await import("@/pages/records/leads/LeadsPage")).LeadsPage }) },
                { path: path("leads", "/:id"), lazy: async () => ({ Component: (await import("@/pages/records/leads/LeadPage")).LeadPage }) },
                {
                  path: path("conversations"),
                  lazy: async () => ({ Component: (await import("@/pages/records/conversations/ConversationsPage")).ConversationsPage }),
                },
                {
                  path: path("conversations", "/:id"),
                  lazy: async () => ({ Component: (await import("@/pages/records/conversations/ConversationPage")).ConversationPage }),
                },
                {
                  path: path("secrets"),
                  lazy: async () => ({ Component: (await import("@/pages/secrets/SecretsPage")).SecretsPage }),
                },
                {
                  path: path("api-keys"),
                  lazy: async () => ({ Component: (await import("@/pages/api-keys/ApiKeysPage")).ApiKeysPage }),
                },
                { path: path("team"), lazy: async () => ({ Component: (await import("@/pages/team/TeamPage")).TeamPage }) },
                {
                  path: path("settings"),
                  lazy: async () => ({ Component: (await import("@/pages/settings/SettingsPage")).SettingsPage }),
                },
                {
                  path: path("ai-tools"),
                  lazy: async () => ({ Component: (await import("@/pages/ai-tools/AiToolsPage")).AiToolsPage }),
                },
                { path: "*", Component: NotFoundPage },
              ],
            },
          ],
        },
      ],
    },
  ]);
}
