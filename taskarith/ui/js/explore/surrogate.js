// The surrogate: a preview of every accuracy for any λ, from margins that are quadratic in λ.
// The same arithmetic as evaluation/surrogate.py, on its payload; knows nothing of the page.

import { terms } from "../words.js";
import { under } from "../under.js";

// Half precision to single, by a table of all 65,536 values, made when it is first asked for.
/** @type {Float32Array | null} */
let table = null;

function halves() {
  if (table) return table;
  table = new Float32Array(65536);
  for (let bits = 0; bits < 65536; bits++) table[bits] = half(bits);
  return table;
}

export function half(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * 2 ** -24 * fraction;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * 2 ** (exponent - 25) * (1024 + fraction);
}

export class Surrogate {
  constructor({ vectors, terms: count, tasks, data }) {
    this.vectors = vectors;
    this.count = count;
    const bytes = Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    const singles = halves();
    this.tasks = new Map();
    let offset = 0;
    for (const { name, images, rivals } of tasks) {
      const margins = new Float32Array(images * rivals * count);
      for (let i = 0; i < margins.length; i++, offset += 2) {
        margins[i] = singles[view.getUint16(offset, true)];
      }
      this.tasks.set(name, { images, rivals, margins });
    }
  }

  images(task) {
    return this.tasks.has(task) ? this.tasks.get(task).images : 0;
  }

  covers(coefficients) {
    return terms(coefficients).every(({ name }) => this.vectors.includes(name));
  }

  // Where the terms that contain λ(k) stand: 1; λ_k; λ_k²; λ_k·λ_l for k < l.
  pairIndex(k, l) {
    const [low, high] = k < l ? [k, l] : [l, k];
    const K = this.vectors.length;
    return 1 + 2 * K + low * K - (low * (low + 1)) / 2 + (high - low - 1);
  }

  // With all other λ fixed every margin is a + bx + cx²: a function (task, x) → accuracy, or null
  // where the edit moves along a vector that the surrogate does not know.
  along(coefficients, focus) {
    const f = this.vectors.indexOf(focus);
    if (f < 0 || !this.covers(coefficients)) return null;
    const K = this.vectors.length;
    const others = this.vectors.map((name, k) => (k === f ? 0 : under(coefficients, name) || 0));
    const fixed = new Float64Array(this.count);
    fixed[0] = 1;
    for (let k = 0; k < K; k++) {
      fixed[1 + k] = others[k];
      fixed[1 + K + k] = others[k] ** 2;
      for (let l = k + 1; l < K; l++) fixed[this.pairIndex(k, l)] = others[k] * others[l];
    }
    const slope = new Float64Array(this.count);
    slope[1 + f] = 1;
    for (let l = 0; l < K; l++) if (l !== f) slope[this.pairIndex(f, l)] = others[l];
    const curve = 1 + K + f;
    const used = [...fixed.keys()].filter((i) => fixed[i] !== 0 || slope[i] !== 0);
    const prepared = new Map();
    const prepare = (task) => {
      const { images, rivals, margins } = this.tasks.get(task);
      const abc = new Float32Array(3 * images * rivals);
      for (let row = 0; row < images * rivals; row++) {
        const start = row * this.count;
        let a = 0;
        let b = 0;
        for (const i of used) {
          a += fixed[i] * margins[start + i];
          b += slope[i] * margins[start + i];
        }
        abc[3 * row] = a;
        abc[3 * row + 1] = b;
        abc[3 * row + 2] = margins[start + curve];
      }
      prepared.set(task, abc);
      return abc;
    };
    return (task, x) => {
      if (!this.tasks.has(task)) return null;
      const { images, rivals } = this.tasks.get(task);
      const abc = prepared.get(task) || prepare(task);
      let right = 0;
      for (let image = 0, at = 0; image < images; image++) {
        let wrong = false;
        for (let rival = 0; rival < rivals; rival++, at += 3) {
          if (abc[at] + x * (abc[at + 1] + x * abc[at + 2]) > 0) wrong = true;
        }
        if (!wrong) right += 1;
      }
      return right / images;
    };
  }
}
