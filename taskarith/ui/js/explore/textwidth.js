// How wide a text is: measured on a canvas where there is one, else estimated from above.

const WIDEST = 0.62; // em a letter, of bold system fonts

/** @type {CanvasRenderingContext2D | null | undefined} */
let canvas;

/**
 * @param {string} text
 * @param {{size: number, bold?: boolean, family?: string}} font - `size` in pixels
 * @returns {number} pixels
 */
export function textWidth(text, { size, bold = false, family = "system-ui, sans-serif" }) {
  if (canvas === undefined) {
    canvas = globalThis.document?.createElement("canvas").getContext("2d") ?? null;
  }
  if (!canvas) return WIDEST * size * text.length;
  canvas.font = `${bold ? "650 " : ""}${size}px ${family}`;
  return canvas.measureText(text).width;
}

/**
 * A text that fits, shortened with an ellipsis where it must be.
 * @param {string} text
 * @param {number} most - pixels
 * @param {{size: number, bold?: boolean, family?: string}} font
 */
export function fitted(text, most, font) {
  if (textWidth(text, font) <= most) return text;
  let [low, high] = [0, text.length];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (textWidth(`${text.slice(0, middle)}…`, font) <= most) low = middle;
    else high = middle - 1;
  }
  return `${text.slice(0, low).trimEnd()}…`;
}
