import js from "@eslint/js";
import a11y from "eslint-plugin-jsx-a11y";
import hooks from "eslint-plugin-react-hooks";
import tseslint from "typescript-eslint";

// Rooms from the top to the bottom: each may use those below it.
const ROOMS = ["app", "pages", "live", "session", "parts", "flow", "lib", "texts"];
const PAGES = [
  ...["automations", "editor", "runs", "approvals", "records", "secrets", "api-keys", "team", "settings"],
  ...["ai-tools", "sign-in"],
];
const UPWARDS = { group: ["../*"], message: "Say it from the top: @/room/file." };

function forbid(files, group, message) {
  return { files, rules: { "no-restricted-imports": ["error", { patterns: [UPWARDS, { group, message }] }] } };
}

const rooms = ROOMS.slice(1).map((room, index) =>
  forbid([`src/${room}/**`], ROOMS.slice(0, index + 1).map((above) => `@/${above}/**`), `${room}/ knows nothing of the rooms above it.`),
);
// A page shows another one by its address alone.
const pages = PAGES.map((page) =>
  forbid(
    [`src/pages/${page}/**`],
    ["@/app/**", ...PAGES.filter((other) => other !== page).map((other) => `@/pages/${other}/**`)],
    "A page knows no other page: what two of them need is in parts/.",
  ),
);
const pure = {
  files: ["src/flow/**"],
  rules: {
    "no-restricted-imports": [
      "error",
      {
        patterns: [
          UPWARDS,
          { group: [...ROOMS.slice(0, 5).map((above) => `@/${above}/**`), "react", "react/*", "@xyflow/*", "@mantine/*", "@tanstack/*"], message: "flow/ is pure." },
        ],
      },
    ],
    "no-restricted-globals": ["error", "fetch", "window", "document", "localStorage", "sessionStorage"],
  },
};

export default tseslint.config(
  { ignores: ["dist", "node_modules", "src/lib/db-selects.ts", "src/lib/query-keys.ts"] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ["src/**/*.{ts,tsx}", "vite.config.ts"] })),
  { files: ["src/**/*.{ts,tsx}", "vite.config.ts"], languageOptions: { parserOptions: { project: "./tsconfig.json" } } },
  {
    files: ["src/**/*.tsx", "src/**/*.ts"],
    plugins: { "react-hooks": hooks },
    rules: {
      ...hooks.configs.recommended.rules,
      "max-lines": ["error", { max: 300, skipBlankLines: true, skipComments: true }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
    },
  },
  { files: ["src/**/*.tsx"], ...a11y.flatConfigs.strict },
  // Made from openapi.json, however long that is.
  { files: ["src/lib/api-types.ts"], rules: { "max-lines": "off" } },
  { files: ["src/app/**"], rules: { "no-restricted-imports": ["error", { patterns: [UPWARDS] }] } },
  ...rooms,
  ...pages,
  pure,
  { files: ["public/**"], languageOptions: { globals: { localStorage: "readonly", matchMedia: "readonly", document: "readonly" } } },
  { files: ["build/**"], languageOptions: { globals: { console: "readonly", process: "readonly", URL: "readonly" } } },
);
