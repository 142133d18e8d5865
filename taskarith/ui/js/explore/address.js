// Where the edit in hand stands as a query string: in the address bar of this window.
// A page that is mounted elsewhere brings an address of its own.

/** @typedef {import("../types.js").Address} Address */

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
    link: (query) => `${space || location.origin + location.pathname}?${query}`,
  };
}
