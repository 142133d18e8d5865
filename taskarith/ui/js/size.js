// The usual size, or the large one for a room: kept for all pages and after a reload.

const KEY = "taskarith-size"; // chrome.py's header reads and writes the same

export function isLarge() {
  try {
    return localStorage.getItem(KEY) === "large";
  } catch {
    return false; // without storage (a frame of another site) each visit begins at the usual size
  }
}

/** @param {boolean} large */
export function keepSize(large) {
  try {
    if (large) localStorage.setItem(KEY, "large");
    else localStorage.removeItem(KEY);
  } catch {
    // It holds until the page is left.
  }
}
