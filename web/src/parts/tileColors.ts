/** Colours that the icon of an automation can have; without one it has the accent. */
export const TILE_COLORS = ["gray", "red", "pink", "grape", "violet", "indigo", "blue", "cyan", "teal", "green", "lime", "yellow", "orange"] as const;
