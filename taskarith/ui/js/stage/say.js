// Messages in pieces: plain text, numbers that are filled in while one watches, and words that
// explain themselves. "From {pretrained:letters} to {now:letters}; the [floor|control floor]."

/** @typedef {{text: string} | {number: string} | {word: string, text: string}} Piece */

const PIECE = /\{([^{}]+)\}|\[([a-z-]+)\|([^\]]+)\]/g;

/**
 * @param {string} message
 * @returns {Piece[]}
 */
export function pieces(message) {
  /** @type {Piece[]} */
  const found = [];
  let at = 0;
  for (const match of message.matchAll(PIECE)) {
    if (match.index > at) found.push({ text: message.slice(at, match.index) });
    found.push(match[1] ? { number: match[1] } : { word: match[2], text: match[3] });
    at = match.index + match[0].length;
  }
  if (at < message.length) found.push({ text: message.slice(at) });
  return found;
}

/**
 * A message with its blanks filled: `fill("step {at} of {all}", { at: 1, all: 7 })`.
 * @param {string} message
 * @param {Record<string, string | number>} values
 */
export function fill(message, values) {
  return message.replace(/\{(\w+)\}/g, (blank, name) => String(values[name] ?? blank));
}
