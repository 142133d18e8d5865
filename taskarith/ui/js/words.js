// Words: how numbers, coefficients and edits are written. Knows nothing about the page's state.

/** @typedef {import("./types.js").Merge} Merge */

export const MINUS = "\u2212";
export const NARROW_SPACE = "\u202f";

/**
 * 0.3 → "0.30", 0.125 → "0.125": two decimals, more where the value has them (as in Edit.formula).
 * @param {number} value
 */
export function decimal(value) {
  const short = value.toFixed(2);
  return Number(short) === value ? short : String(Number(value.toFixed(4)));
}

/** @param {string} text */
export function capital(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** @param {number} value */
export function signed(value) {
  return (value < 0 ? MINUS : value > 0 ? "+" : "") + decimal(Math.abs(value));
}

/**
 * @param {number | null | undefined} value - a share
 * @param {number} [digits]
 */
export function percent(value, digits = 1) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  const text = (100 * value).toFixed(digits);
  return text.replace(/^-(?=[0.]+$)/, "").replace("-", MINUS) + NARROW_SPACE + "%";
}

/** @param {number} value - a difference of shares */
export function points(value) {
  const text = Math.abs(100 * value).toFixed(1);
  return (Number(text) === 0 ? "±" : value < 0 ? MINUS : "+") + text;
}

/**
 * The terms of an edit in the order of `Edit`: by name, as Python sorts.
 * @param {Record<string, number>} coefficients
 */
export function terms(coefficients) {
  return Object.keys(coefficients)
    .filter((name) => coefficients[name] !== 0)
    .sort((a, b) => (a < b ? -1 : 1))
    .map((name) => ({ name, value: coefficients[name] }));
}

/**
 * The edit as one line, as `Edit.formula` writes it.
 * @param {Record<string, number>} coefficients
 * @param {Merge | null} [merge]
 */
export function formula(coefficients, merge = null) {
  return formulaParts(coefficients, merge)
    .map(({ text }) => text)
    .join("");
}

/**
 * The same in parts; one that is about a vector says which.
 * @param {Record<string, number>} coefficients
 * @param {Merge | null} [merge]
 * @returns {{text: string, name?: string}[]}
 */
export function formulaParts(coefficients, merge = null) {
  const all = terms(coefficients);
  const written = ({ name, value }) => `${decimal(Math.abs(value))}·τ(${name})`;
  if (!merge || !all.length) {
    const sign = (value) => (value > 0 ? " + " : ` ${MINUS} `);
    const added = all.map((term) => ({ text: sign(term.value) + written(term), name: term.name }));
    return [{ text: "θ = θ₀" }, ...added];
  }
  const inside = all.map((term, i) => ({
    text: (i ? ", " : "") + (term.value > 0 ? "" : MINUS) + written(term),
    name: term.name,
  }));
  const settings = Object.entries(merge.settings).map(([name, v]) => `${name}=${general(v)}`);
  if (merge.seed !== undefined) settings.push(`seed=${merge.seed}`);
  if (merge.layers) settings.push("by layer");
  const listed = settings.length ? `; ${settings.join(", ")}` : "";
  return [{ text: `θ = θ₀ + ${merge.method}(` }, ...inside, { text: `${listed})` }];
}

/**
 * A number as Python's "g" writes it: six digits, and powers of ten for what is far from one.
 * @param {number} value
 */
export function general(value) {
  const power = value === 0 ? 0 : Number(value.toExponential(5).split("e")[1]);
  if (power >= -4 && power < 6) return String(Number(value.toPrecision(6)));
  const [digits, exponent] = value.toExponential(5).split("e");
  return `${Number(digits)}e${exponent[0]}${exponent.slice(1).padStart(2, "0")}`;
}

/**
 * What tells one way to merge from another in here. A plain sum is "".
 * @param {Merge | null} merge
 */
export function writeMerge(merge) {
  const layers = writeLayers(merge);
  return writeMethod(merge) + (layers && ` by layer ${layers}`);
}

/**
 * "h.0:0.5,h.1:0": the factors by layer, as a link carries them; "" without any.
 * @param {Merge | null} merge
 */
export function writeLayers(merge) {
  const layers = Object.entries(merge?.layers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
  return layers.map(([group, factor]) => `${group}:${factor}`).join(",");
}

/**
 * How a link says how an edit is merged, beside its coefficients.
 * @param {URLSearchParams} query - gets the fields that there are
 * @param {Merge | null} merge
 * @param {"" | "pin-"} [of] - before the fields' names
 */
export function addMerge(query, merge, of = "") {
  const [method, layers] = [writeMethod(merge), writeLayers(merge)];
  if (method) query.set(`${of}method`, method);
  if (layers) query.set(`${of}layers`, layers);
}

/** Whether scaled vectors are summed, by layer or not. @param {Merge | null} merge */
export function isSum(merge) {
  return !merge || merge.method === "sum";
}

/**
 * "ties,density:0.2,scale:1": a method and its settings, as a link carries them. A sum is "".
 * @param {Merge | null} merge
 */
function writeMethod(merge) {
  if (!merge || merge.method === "sum") return "";
  const settings = Object.entries(merge.settings).map(([name, value]) => `${name}:${value}`);
  if (merge.seed !== undefined) settings.push(`seed:${merge.seed}`);
  return [merge.method, ...settings.sort()].join(",");
}

/**
 * "printed-digits:-0.5,letters:0.3". A null's name holds a colon itself: the last one counts.
 * @param {Record<string, number>} coefficients
 */
export function writeCoefficients(coefficients) {
  return terms(coefficients)
    .map(({ name, value }) => `${name}:${value}`)
    .join(",");
}

/**
 * What someone typed as λ: a number, or the reason why it is none. Accepts "−0,5" and ".3".
 * @param {string} text
 * @param {number} bound
 * @returns {{value?: number, problem?: string}}
 */
export function parseCoefficient(text, bound) {
  const plain = text.trim().replace(MINUS, "-").replace(",", ".");
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : NaN;
  if (!plain) return { problem: `the box is empty, which is not a number; write ${MINUS}0.5, say` };
  if (!Number.isFinite(value)) {
    return { problem: `“${text.trim().slice(0, 20)}” is not a number; write one like ${MINUS}0.5` };
  }
  if (Math.abs(value) > bound) {
    return { problem: `λ goes from ${MINUS}${bound} to ${bound}; ${signed(value)} is outside` };
  }
  return { value: Math.round(value * 1e4) / 1e4 };
}
