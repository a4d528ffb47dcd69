import { fileURLToPath } from "node:url";

import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

// What the API process answers, beside the pages.
const OF_THE_API = ["/api", "/webhooks", "/mcp", "/approve", "/health", "/ready"];

const { AUTOMATIONS_HTTP_PORT: port = "8765" } = process.env;

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    target: "es2022",
    manifest: true,
    // Everything is a file of its own: the policy of the pages allows no script that stands in the page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: Object.fromEntries(OF_THE_API.map((path) => [path, `http://127.0.0.1:${port}`])),
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
