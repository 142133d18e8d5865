// Factors by layer: how groups are called in little room, and shapes that many factors take at once.
// Pure; knows names and numbers.

/** @typedef {Record<string, number>} Factors */

/**
 * What tells the groups apart, which is short: of a numbered block its module, or "block", and number.
 * @param {string[]} groups - in the model's order
 * @returns {string[]}
 */
export function shortNames(groups) {
  const parts = groups.map((group) => group.split("."));
  const shortest = Math.min(...parts.map((one) => one.length)) - 1; // something is left of each
  let shared = 0;
  while (shared < shortest && parts.every((one) => one[shared] === parts[0][shared])) shared += 1;
  const names = parts.map((one) => {
    const rest = one.slice(shared);
    const last = rest[rest.length - 1];
    if (!/^\d+$/.test(last)) return rest.join(" ");
    return `${rest.length > 1 ? rest[0] : "block"} ${last}`;
  });
  const distinct = new Set(names).size === names.length;
  return distinct ? names : parts.map((one) => one.slice(shared).join("."));
}

/** Factors by their place among `count` groups, from 0 to 1; rounded as links carry them. */
export const SHAPES = {
  even: { title: "all 1", at: () => 1 },
  rising: { title: "rising 0 → 1", at: (/** @type {number} */ share) => share },
  falling: { title: "falling 1 → 0", at: (/** @type {number} */ share) => 1 - share },
  first: { title: "first half only", at: (/** @type {number} */ share) => Number(share < 0.5) },
  last: { title: "last half only", at: (/** @type {number} */ share) => Number(share >= 0.5) },
};

/**
 * @param {keyof typeof SHAPES} shape
 * @param {string[]} groups - in the model's order
 * @returns {Factors}
 */
export function shaped(shape, groups) {
  const { at } = SHAPES[shape];
  const end = Math.max(1, groups.length - 1);
  return Object.fromEntries(groups.map((group, i) => [group, Math.round(100 * at(i / end)) / 100]));
}
