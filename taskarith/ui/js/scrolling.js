/**
 * The attributes of a box that scrolls sideways where it is wide: the keyboard reaches it too.
 * @param {string} label what is in it
 * @param {string} [kind] further classes
 */
export const scrolling = (label, kind = "") => ({
  class: `${kind} scroll`.trim(),
  tabindex: "0",
  role: "region",
  "aria-label": label,
});
