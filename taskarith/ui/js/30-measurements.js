// What has been measured: accuracies by edit and task, and slices through them along one λ.
// Knows nothing about where they came from beyond a word, or how they are drawn.

const KEPT = 3000; // measured points kept in the browser; the oldest go first
const DENSE = 0.51; // between measured λ no further apart than this a straight line is honest

// An estimate as it travels, and where it came from.
function estimate({ value, low, high, n, total }, source) {
  return { accuracy: value, low, high, n, total, source };
}

class Measurements {
  constructor() {
    this.points = new Map(); // canonical coefficients → {coefficients, tasks: {task: estimate}}
    this.lines = new Map(); // a vector and the other coefficients → the points where it is not 0
  }

  // A point keeps the estimate over the most images.
  add(coefficients, estimates, source) {
    const key = writeCoefficients(coefficients);
    let point = this.points.get(key);
    if (!point) {
      point = { coefficients, tasks: {}, shipped: source === "shipped" };
      this.points.set(key, point);
      for (const line of this.linesThrough(point)) {
        if (!this.lines.has(line)) this.lines.set(line, new Set());
        this.lines.get(line).add(point);
      }
      if (this.points.size > KEPT) this.forgetOldest();
    }
    for (const [task, found] of Object.entries(estimates)) {
      const old = point.tasks[task];
      if (!old || found.n >= old.n) point.tasks[task] = estimate(found, source);
    }
  }

  linesThrough({ coefficients }) {
    return Object.keys(coefficients).map((name) => lineKey(coefficients, name));
  }

  forgetOldest() {
    for (const [key, point] of this.points) {
      if (point.shipped) continue;
      this.points.delete(key);
      for (const line of this.linesThrough(point)) this.lines.get(line).delete(point);
      return;
    }
  }

  // Where this machine draws other examples than the shipped estimates are of: they go.
  forgetShipped(tasks) {
    for (const point of this.points.values()) {
      for (const task of tasks) {
        if (point.tasks[task]?.source === "shipped") delete point.tasks[task];
      }
    }
  }

  at(coefficients) {
    const point = this.points.get(writeCoefficients(coefficients));
    return point ? point.tasks : {};
  }

  // The measured points along λ(focus), the others as in `coefficients`: rising, per task.
  slice(coefficients, focus) {
    const origin = this.points.get(writeCoefficients({ ...coefficients, [focus]: 0 }));
    const others = this.lines.get(lineKey(coefficients, focus)) || [];
    const rows = [...(origin ? [origin] : []), ...others]
      .map((point) => [point.coefficients[focus] || 0, point.tasks]);
    rows.sort((a, b) => a[0] - b[0]);
    return new Slice(rows);
  }
}

function lineKey(coefficients, focus) {
  return `${focus} ${writeCoefficients({ ...coefficients, [focus]: 0 })}`;
}

class Slice {
  constructor(rows) {
    this.tasks = {};
    for (const [x, tasks] of rows) {
      for (const [task, found] of Object.entries(tasks)) {
        (this.tasks[task] = this.tasks[task] || []).push({ x, ...found });
      }
    }
  }

  nodes(task) {
    return this.tasks[task] || [];
  }

  // The accuracy at x: `measured` on a node, `between` on the line through two close ones.
  at(task, x) {
    const nodes = this.nodes(task);
    let low = 0;
    let high = nodes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (nodes[middle].x < x - 0.004) low = middle + 1;
      else high = middle;
    }
    const right = nodes[low];
    if (right && Math.abs(right.x - x) <= 0.004) return { ...right, kind: "measured" };
    const left = nodes[low - 1];
    if (!left || !right || right.x - left.x > DENSE) return null;
    const f = (x - left.x) / (right.x - left.x);
    const mix = (key) => left[key] + f * (right[key] - left[key]);
    return {
      accuracy: mix("accuracy"), low: mix("low"), high: mix("high"),
      n: Math.min(left.n, right.n), kind: "between",
    };
  }
}

// Absolute, normalized (÷ fine-tuned) or gain recovered. The control has no fine-tuned model: it is
// held against the pretrained one.
function scale(task, measure, reference) {
  const { pretrained, finetuned } = reference;
  if (measure === "accuracy") return (value) => value;
  if (task.role === "target" || task.role === "auxiliary") {
    if (finetuned === undefined || pretrained === undefined) return () => NaN;
    if (measure === "normalized") return (value) => value / finetuned;
    return (value) => (value - pretrained) / (finetuned - pretrained);
  }
  if (pretrained === undefined) return () => NaN;
  return measure === "normalized"
    ? (value) => value / pretrained
    : (value) => value / pretrained - 1;
}

const MEASURES = {
  accuracy: { title: "correct answers", short: "Accuracy", heading: "Accuracy", range: [0, 1.02], step: 0.25 },
  normalized: {
    title: "accuracy ÷ fine-tuned accuracy; for the control ÷ pretrained accuracy",
    short: "Normalized", heading: "Normalized accuracy",
    range: [0, 1.12], step: 0.25,
  },
  gain: {
    title: "0 = zero-shot, 100 % = fine-tuned; for the control, its change",
    short: "Gain", heading: "Gain recovered",
    range: [-1.05, 1.12], step: 0.5,
  },
};
