import { createTheme, type MantineColorsTuple, type MantineThemeOverride } from "@mantine/core";

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
    Modal: { defaultProps: { centered: true, radius: "lg", overlayProps: { blur: 2, backgroundOpacity: 0.4 } }, styles: { title: TITLE } },
    Drawer: { defaultProps: { overlayProps: { backgroundOpacity: 0.35 } }, styles: { title: TITLE } },
    Menu: { defaultProps: { shadow: "md", radius: "md", withinPortal: true } },
    Loader: { defaultProps: { type: "dots" } },
  },
});
