import { createTheme, type CSSVariablesResolver, type MantineColorsTuple, type MantineThemeOverride } from "@mantine/core";

import { partsTexts } from "@/texts/parts";

/** The one accent. White text on shade 7 and shade 7 on white both have more than 4.5 : 1. */
const iris: MantineColorsTuple = [
  "#f1f1fd",
  "#e2e3fb",
  "#c6c8f6",
  "#a5a8f0",
  "#8589ea",
  "#6c70e4",
  "#5c60de",
  "#4c4fc9",
  "#4042ad",
  "#333589",
];

/** Greys with a breath of the accent in them. */
const dark: MantineColorsTuple = [
  "#e3e4ea",
  "#b9bbc6",
  "#9a9ca9",
  "#777986",
  "#3c3e4a",
  "#2e303a",
  "#22242c",
  "#191a21",
  "#131419",
  "#0e0f13",
];

const TITLE = { fontWeight: 650, fontSize: "1.06rem" };

export const theme: MantineThemeOverride = createTheme({
  colors: { iris, dark },
  primaryColor: "iris",
  primaryShade: { light: 7, dark: 6 },
  autoContrast: false,
  defaultRadius: "md",
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  fontFamily: 'Inter, ui-sans-serif, system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, monospace',
  headings: {
    fontWeight: "650",
    sizes: { h2: { fontSize: "1.5rem", lineHeight: "1.25" }, h4: { fontSize: "1.06rem", lineHeight: "1.4" } },
  },
  components: {
    Button: { defaultProps: { fw: 550 } },
    Tooltip: { defaultProps: { withArrow: true, openDelay: 250, fz: "xs" } },
    Modal: { defaultProps: { closeButtonProps: { "aria-label": partsTexts.close }, centered: true, radius: "lg", overlayProps: { blur: 2, backgroundOpacity: 0.4 } }, styles: { title: TITLE } },
    Drawer: { defaultProps: { overlayProps: { backgroundOpacity: 0.35 } }, styles: { title: TITLE } },
    Menu: { defaultProps: { shadow: "md", radius: "md", withinPortal: true } },
    Notification: { defaultProps: { closeButtonProps: { "aria-label": partsTexts.close } } },
    Loader: { defaultProps: { type: "dots" } },
  },
});

/** White words on it have more than 4.5 : 1. */
const RED_UNDER_WHITE = { "--mantine-color-red-filled": "#c92a2a", "--mantine-color-red-filled-hover": "#b32222" };

/** What Mantine works out otherwise: greys that can be read on their ground, and a soft accent in the dark. */
export const variables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    ...RED_UNDER_WHITE,
    "--mantine-color-error": "#c02626",
    "--mantine-color-dimmed": "#62646f",
    "--mantine-color-placeholder": "#6f7180",
    // Words on their own soft ground, at 4.5 : 1.
    "--mantine-color-teal-light": "#dcfaf0",
    "--mantine-color-teal-light-color": "#06684b",
    "--mantine-color-yellow-light": "#fff4d1",
    "--mantine-color-yellow-light-color": "#7a4a00",
    "--mantine-color-orange-light": "#ffedd9",
    "--mantine-color-orange-light-color": "#9a3d00",
    "--mantine-color-red-light": "#ffe8e8",
    "--mantine-color-red-light-color": "#b32222",
    "--mantine-color-red-text": "#c02626",
    "--mantine-color-blue-light": "#e2f0fe",
    "--mantine-color-blue-light-color": "#155fa8",
    "--mantine-color-gray-light": "#eeeef2",
    "--mantine-color-gray-light-color": "#4b4d57",
  },
  dark: {
    ...RED_UNDER_WHITE,
    "--mantine-color-error": "#ff8f8f",
    "--mantine-color-body": "#191a21",
    "--mantine-color-dimmed": "#9fa1ae",
    "--mantine-color-placeholder": "#8b8d9b",
    "--mantine-color-default": "#20222a",
    "--mantine-color-default-hover": "#282a34",
    "--mantine-color-default-border": "#34363f",
    "--mantine-color-teal-light": "rgb(32 201 151 / 14%)",
    "--mantine-color-teal-light-color": "#77dfc0",
    "--mantine-color-yellow-light": "rgb(250 176 5 / 14%)",
    "--mantine-color-yellow-light-color": "#f3c863",
    "--mantine-color-orange-light": "rgb(253 126 20 / 15%)",
    "--mantine-color-orange-light-color": "#fbae73",
    "--mantine-color-red-light": "rgb(250 82 82 / 16%)",
    "--mantine-color-red-light-color": "#ff9d9d",
    "--mantine-color-red-text": "#ff8f8f",
    "--mantine-color-blue-light": "rgb(51 154 240 / 16%)",
    "--mantine-color-blue-light-color": "#8cc5fa",
    "--mantine-color-gray-light": "rgb(160 162 178 / 14%)",
    "--mantine-color-gray-light-color": "#c2c4d0",
    "--mantine-color-iris-light": "rgb(133 137 234 / 15%)",
    "--mantine-color-iris-light-hover": "rgb(133 137 234 / 22%)",
    "--mantine-color-iris-light-color": "#c6c8f6",
    "--mantine-primary-color-light": "rgb(133 137 234 / 15%)",
    "--mantine-primary-color-light-hover": "rgb(133 137 234 / 22%)",
    "--mantine-primary-color-light-color": "#c6c8f6",
  },
});
