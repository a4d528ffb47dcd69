import { MantineProvider } from "@mantine/core";
import { Notifications } from "@mantine/notifications";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { RouterProvider } from "react-router";

import { useSession } from "@/session/store";

import { createQueries } from "./queries";
import { createRoutes } from "./router";
import { theme, variables } from "./theme";

const queries = createQueries();
const router = createRoutes();

// What one person saw is not there for the next one.
useSession.subscribe((now, before) => {
  if (now.token === null && before.token !== null) queries.clear();
});

export function App() {
  return (
    <StrictMode>
      <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
        <QueryClientProvider client={queries}>
          <Notifications position="bottom-right" limit={4} />
          <RouterProvider router={router} />
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>
  );
}
