/** Of the cards on the canvas, and what is between them. */

export const NODE_WIDTH = 280;
export const NODE_HEIGHT = 76;
export const BETWEEN_ROWS = 76;
export const BETWEEN_COLUMNS = 48;
export const GRID = 4;
