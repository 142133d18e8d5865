// Choosing λ by a stated rule, on validation: which λ are tried, and which of them is best.
// Pure: what was measured comes in, a choice goes out.

const COARSE = 0.25; // from one λ tried to the next, at first
const FINE = [-0.1, -0.05, 0.05, 0.1]; // then around the best, to the grid of 0.05

/**
 * What was found at a λ: for forgetting, the target's value as skill and whether the control is
 * above its floor with its interval; for adding, the mean normalized value.
 * @typedef {{x: number, score: number, allowed: boolean}} Tried
 */

/** What can be asked for: how it is told, and where it looks. */
export const AIMS = {
  forget: {
    from: -1,
    to: -COARSE,
    rule: "the lowest target with the control above its floor",
  },
  add: {
    from: COARSE,
    to: 1,
    rule: "one λ for all targets, the best mean normalized",
  },
};

/**
 * The λ tried first.
 * @param {keyof typeof AIMS} aim
 */
export function coarse(aim) {
  const { from, to } = AIMS[aim];
  const count = Math.round((to - from) / COARSE);
  return Array.from({ length: count + 1 }, (_, i) => hundredths(from + i * COARSE));
}

/**
 * The λ tried around the best of the first.
 * @param {keyof typeof AIMS} aim
 * @param {Tried[]} tried
 */
export function fine(aim, tried) {
  const chosen = best(tried);
  if (!chosen) return [];
  const known = new Set(tried.map(({ x }) => x));
  const [from, to] = aim === "forget" ? [-1, 0] : [0, 1];
  return FINE.map((step) => hundredths(chosen.x + step)).filter(
    (x) => x >= from && x <= to && x !== 0 && !known.has(x),
  );
}

/**
 * The highest score among what is allowed; of equal ones the shortest way. Null if nothing is.
 * @param {Tried[]} tried
 */
export function best(tried) {
  const allowed = tried.filter((one) => one.allowed && !Number.isNaN(one.score));
  allowed.sort((a, b) => b.score - a.score || Math.abs(a.x) - Math.abs(b.x));
  return allowed[0] ?? null;
}

/** @param {number} x */
function hundredths(x) {
  return Math.round(100 * x) / 100;
}
