// Where the edit in hand stands as a query string: in the address bar of this window, beside what is
// not ours. A page that is mounted elsewhere brings an address of its own.

/** @typedef {import("../types.js").Address} Address */

const STEPS = "taskarith-steps";
const OURS = [
  "suite",
  "set",
  "method",
  "layers",
  "focus",
  "analogy",
  "pin",
  "pin-method",
  "pin-layers",
  "measure",
  "fetch",
];

/**
 * The edit in place of an earlier one; Gradio's theme, a Space's signature and the like stay.
 * @param {string} own - the edit as a query
 * @param {string} before - the whole query as it stands
 */
export function withOthers(own, before) {
  const kept = new URLSearchParams(before);
  for (const name of OURS) kept.delete(name);
  return own + (kept.size ? `&${kept}`.replace(/%3A/g, ":").replace(/%2C/g, ",") : "");
}

/**
 * @param {string | null} space - where this app lives when it is a Space: inside its frame the
 *   address bar belongs to another page
 * @returns {Address}
 */
export function addressBar(space = null) {
  return {
    read: () => location.search,
    write(query) {
      history.replaceState(null, "", `${location.pathname}?${query}`);
    },
    here: (query) => `./?${query}`,
    link: (query) => `${space || location.origin + location.pathname}?${query}`,
    steps: {
      read: () => stored((storage) => storage.getItem(STEPS)),
      write: (text) => stored((storage) => storage.setItem(STEPS, text)),
    },
  };
}

/**
 * This window's own storage; null where a frame of another site has none, or it is full.
 * @template T
 * @param {(storage: Storage) => T} use
 * @returns {T | null}
 */
function stored(use) {
  try {
    return use(sessionStorage);
  } catch {
    return null;
  }
}
