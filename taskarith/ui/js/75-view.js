// The view: from the edit in hand, the measurements and the preview to what chart, bars and texts
// show. Pure: it reads, computes and returns; it touches neither the page nor the server.

const GRID = 41; // λ at which a preview line is drawn
// Fitted to λ of ±0.4, a quadratic curls up far outside: beyond ±1 the preview keeps its value.
const TRUSTED = 1;
const trusted = (value) => Math.max(-TRUSTED, Math.min(TRUSTED, value));

class View {
  constructor(hello, { state, measurements }) {
    this.hello = hello;
    this.state = state;
    this.measurements = measurements;
    this.surrogate = null;
    this.previewed = hello.engine.preview?.used ?? true; // false where it proved too far off
    this.tasks = new Map(hello.tasks.map((task) => [task.name, task]));
    this.control = hello.tasks.find((task) => task.role === "control");
    this.reslice();
  }

  // The task whose accuracy the slider in hand is about.
  taskInHand() {
    return this.state.analogy ? this.state.analogy.d
      : this.state.vectors.get(this.state.focus).task;
  }

  // Targets and control; an auxiliary only while it takes part.
  visible() {
    const inHand = this.taskInHand();
    return this.hello.tasks.filter(({ name, role }) =>
      role === "target" || role === "control" || this.state.coefficients[name] || name === inHand);
  }

  // What the bars show: on test also the second control, which no choice of λ sees.
  listed(store) {
    return store === this.measurements ? this.visible()
      : [...this.visible(), ...this.hello.tasks.filter(({ role }) => role === "second-control")];
  }

  role(task) {
    if (task.name === this.taskInHand()) return "target";
    return task.role === "control" ? "control" : "other";
  }

  // What the accuracies are compared with, on the split being shown.
  references(name, store = this.measurements) {
    const at = (coefficients) => store.at(coefficients)[name]?.accuracy;
    return { pretrained: at({}), finetuned: at({ [name]: 1 }) };
  }

  scaled(task, store = this.measurements) {
    return scale(task, this.state.measure, this.references(task.name, store));
  }

  // Anew whenever the slider in hand, another slider or a measurement changes: not while dragging.
  reslice() {
    const { coefficients, focus, pinned } = this.state;
    const bound = this.hello.limits.slider;
    const wide = Math.abs(coefficients[focus] || 0) > bound;
    this.range = wide ? [-this.hello.limits.hard, this.hello.limits.hard] : [-bound, bound];
    this.slice = this.measurements.slice(coefficients, focus);
    this.pinnedSlice = pinned && this.measurements.slice(pinned.coefficients, focus);
    this.line = this.previewAlong(coefficients, focus);
    this.scales = new Map(this.visible().map((task) => [task.name, this.scaled(task)]));
  }

  // The preview along λ(focus) as a function (task, x) → accuracy or null; null if there is none.
  previewAlong(coefficients, focus) {
    const near = Object.fromEntries(terms(coefficients).map((t) => [t.name, trusted(t.value)]));
    const line = this.previewed && this.surrogate?.along(near, focus);
    return line ? (task, x) => line(task, trusted(x)) : null;
  }

  // The accuracy of a task at λ(focus) = x: measured, between two measured, previewed or unknown.
  at(name, x) {
    const found = this.slice.at(name, x);
    if (found) return found;
    const preview = this.line && this.line(name, x);
    return preview === null || preview === undefined ? null
      : { accuracy: preview, kind: "preview" };
  }

  scene(theme, highlit) {
    const { focus, measure, pinned } = this.state;
    const inHand = this.taskInHand();
    const shown = this.visible().map((task) => this.series(task, highlit));
    const rank = { other: 0, control: 1, target: 2 };
    shown.sort((a, b) => rank[a.role] - rank[b.role] || (a.task === inHand) - (b.task === inHand));
    const ghosts = pinned ? this.ghostSeries() : [];
    return {
      theme, clip: measure !== "accuracy", range: this.range, heights: MEASURES[measure].range, step: MEASURES[measure].step,
      xTitle: `λ(${focus})`, series: [...ghosts, ...shown],
      rules: this.rules(), ticks: this.ticks(inHand),
      ghost: pinned ? pinned.coefficients[focus] || 0 : null,
    };
  }

  series(task, highlit) {
    const scaled = this.scales.get(task.name);
    const measured = this.slice.nodes(task.name)
      .filter((node) => node.x >= this.range[0] && node.x <= this.range[1])
      .map((node) => ({
        x: node.x, y: scaled(node.accuracy), low: scaled(node.low), high: scaled(node.high),
      }));
    return {
      task: task.name, role: this.role(task), measured,
      title: task.role === "control" ? "Control" : task.title,
      preview: this.previewLine(task.name, scaled, measured), highlit: task.name === highlit,
    };
  }

  // Hollow only where the slice is not measured closely enough.
  previewLine(name, scaled, measured) {
    if (!this.line) return [];
    const [low, high] = this.range;
    const line = [];
    for (let i = 0; i < GRID; i++) {
      const x = low + (high - low) * i / (GRID - 1);
      const right = measured.findIndex((node) => node.x >= x - 1e-9);
      const covered = right > 0 && measured[right].x - measured[right - 1].x <= DENSE;
      const y = covered ? null : this.line(name, x);
      line.push({ x, y: y === null ? null : scaled(y) });
    }
    return line;
  }

  ghostSeries() {
    return [this.taskInHand(), this.control.name].filter((n) => this.scales.has(n)).map((name) => ({
      task: name, title: "", role: "pinned", still: true, preview: [], highlit: false,
      measured: this.pinnedSlice.nodes(name).map((node) => ({
        x: node.x, y: this.scales.get(name)(node.accuracy), low: NaN, high: NaN,
      })),
    }));
  }

  rules() {
    const { pretrained } = this.references(this.control.name);
    if (pretrained === undefined) return [];
    const y = this.scales.get(this.control.name)(this.hello.floor * pretrained);
    const text = `floor: ${percent(this.hello.floor, 0)} of zero-shot`;
    return [{ y, text, role: "control" }];
  }

  ticks(name) {
    if (!this.scales.has(name)) return [];
    const { pretrained, finetuned } = this.references(name);
    const scaled = this.scales.get(name);
    return [
      { y: scaled(pretrained), text: "zero-shot", shape: "zeroshot" },
      { y: scaled(finetuned), text: "fine-tuned", shape: "finetuned" },
      { y: scaled(this.tasks.get(name).chance), text: "chance", shape: "chance" },
    ].filter((tick) => !Number.isNaN(tick.y) && tick.y !== undefined);
  }

  barRows(store = this.measurements) {
    const { pinned } = this.state;
    const ghost = pinned ? store.at(pinned.coefficients) : {};
    return this.listed(store).map((task) => {
      const scaled = this.scaled(task, store);
      const { pretrained, finetuned } = this.references(task.name, store);
      const title = { control: "Control ", "second-control": "Second control " }[task.role];
      return {
        task: task.name, title: title || task.title,
        note: title ? task.title.toLowerCase() : null, role: this.role(task),
        references: {
          chance: scaled(task.chance), zeroshot: scaled(pretrained),
          finetuned: title ? null : scaled(finetuned),
          floor: task.role === "control" ? scaled(this.hello.floor * pretrained) : null,
        },
        pinned: ghost[task.name] ? scaled(ghost[task.name].accuracy) : null,
      };
    });
  }

  // What a bar and a dot show: `found` is an answer of `at`, or of the test split's store.
  shown(name, found, store = this.measurements) {
    if (!found) return null;
    const task = this.tasks.get(name);
    const here = store === this.measurements && this.scales.get(name);
    const scaled = here || this.scaled(task, store);
    const { pretrained } = this.references(name, store);
    const hollow = found.kind === "preview";
    const y = scaled(found.accuracy);
    const change = pretrained === undefined ? "" : points(found.accuracy - pretrained);
    const range = hollow ? "preview" : `${percent(found.low)}–${percent(found.high)}`;
    const n = found.n ? `, ${found.n} images` : "";
    return {
      y, low: hollow ? undefined : scaled(found.low), high: hollow ? undefined : scaled(found.high),
      hollow, text: percent(y), change, accuracy: found.accuracy,
      hint: `${task.title}: ${percent(found.accuracy)} (${range}${n}); ` +
        `${change || "?"} points against zero-shot`,
    };
  }

  // "control: 61 % of 64 %, above the floor"
  controlSentence(found, store = this.measurements) {
    const { pretrained } = this.references(this.control.name, store);
    if (!found || pretrained === undefined) return "control: not measured yet";
    const floor = this.hello.floor * pretrained;
    // The floor is judged with the interval: within it, the images do not tell.
    const place = found.kind !== "preview" && found.low > floor ? "above the floor"
      : found.kind !== "preview" && found.high < floor ? "below the floor"
      : "at the floor";
    return `control: ${percent(found.accuracy, 0)} of ${percent(pretrained, 0)}, ${place}`;
  }

  analogyReadings(now) {
    const { c, d, own } = this.state.analogy;
    const read = (label, role, found) => ({
      label, role, y: found ? found.accuracy : null, hollow: found?.kind === "preview",
      text: found ? percent(found.accuracy) : "…",
    });
    const at = (coefficients) => this.measurements.at(coefficients)[d];
    return [
      read("this edit", "target", now),
      read(`τ(${c}) alone`, "other", at({ [c]: own })),
      read(`true τ(${d})`, "other", at({ [d]: 1 })),
      read("zero-shot", "other", at({})),
    ];
  }
}
