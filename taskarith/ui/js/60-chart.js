// The chart: measured curves by Plotly, and over them the overlay, which follows the finger.
// While something is dragged only the overlay moves. Knows pixels, not tasks.

class Chart {
  // on: {drag(x), dragEnd(), hover(index or null)}
  constructor(element, { style, on }) {
    this.style = style;
    this.on = on;
    this.plot = h("div", { class: "plot", "aria-hidden": "true" });
    this.frame = new Frame(element);
    this.overlay = new Overlay(this.frame);
    element.append(this.plot, this.overlay.root);
    this.scene = null;
    this.listen();
    const resized = () => { if (this.frame.measure()) this.redraw(); };
    new ResizeObserver(resized).observe(element);
    resized();
  }

  listen() {
    const { hand } = this.overlay;
    const at = (event) =>
      this.frame.valueAt(event.clientX - this.overlay.root.getBoundingClientRect().left);
    let dragging = false;
    hand.addEventListener("pointerdown", (event) => {
      if (!this.scene || event.button) return;
      dragging = true;
      hand.setPointerCapture(event.pointerId);
      this.on.drag(at(event));
    });
    hand.addEventListener("pointermove", (event) => {
      if (dragging) this.on.drag(at(event));
      else if (this.scene && event.pointerType === "mouse") this.on.hover(this.nearest(event));
    });
    const end = () => { if (dragging) { dragging = false; this.on.dragEnd(); } };
    hand.addEventListener("pointerup", end);
    hand.addEventListener("pointercancel", end);
    hand.addEventListener("pointerleave", () => this.on.hover(null));
  }

  // scene: {range, heights, step, clip, xTitle, theme, series: [{title, role, measured: [{x, y,
  //   low, high}], preview: [{x, y}], highlit, still}], rules: [{y, text, role}],
  //   ticks: [{y, text, shape}], ghost: x or null}
  draw(scene) {
    this.scene = scene;
    this.frame.range = scene.range;
    this.frame.heights = scene.heights;
    this.redraw();
  }

  redraw() {
    if (!this.scene || !this.frame.ready) return;
    // Without Plotly (it is still loading) the overlay shows what it can; then this runs again.
    if (window.taskarithPlotly) {
      const { data, layout } = this.figure();
      window.taskarithPlotly.react(this.plot, data, layout, { staticPlot: true });
    }
    this.overlay.draw(this.scene);
  }

  cursor(state) {
    this.overlay.cursor(state);
  }

  // What Plotly draws: traces and layout as figures.py made them, filled with this scene.
  figure() {
    const { scene, frame } = this;
    const style = this.style[scene.theme];
    const traces = scene.series.filter(({ measured }) => measured.length).flatMap((series) => {
      const band = style.bands[series.role] && series.measured.length > 1;
      return band ? [this.band(series, style), this.line(series, style)]
        : [this.line(series, style)];
    });
    const layout = structuredClone(style.layout);
    const { left: l, right: r, top: t, bottom: b } = frame.side;
    const font = { ...layout.font, size: layout.font.size * frame.unit };
    Object.assign(layout, { ...frame.size, font, margin: { l, r, t, b } });
    Object.assign(layout.xaxis, {
      range: scene.range, dtick: 0.5,
      title: { text: scene.xTitle, font, standoff: 6 * frame.unit },
    });
    Object.assign(layout.yaxis, { range: scene.heights, dtick: scene.step });
    for (const axis of [layout.xaxis, layout.yaxis]) axis.tickfont.size *= frame.unit;
    return { data: traces, layout };
  }

  band({ role, measured }, style) {
    const x = measured.map((point) => point.x);
    return {
      ...style.bands[role], x: [...x, ...x.toReversed()],
      y: [...measured.map((p) => p.high), ...measured.map((p) => p.low).toReversed()],
    };
  }

  // A gap where neighbours are too far apart for a straight line to mean anything.
  line(series, style) {
    const trace = {
      ...style.traces[series.role], name: series.title, cliponaxis: this.scene.clip, x: [], y: [],
    };
    series.measured.forEach((point, i) => {
      if (i && point.x - series.measured[i - 1].x > DENSE) {
        trace.x.push(null);
        trace.y.push(null);
      }
      trace.x.push(point.x);
      trace.y.push(point.y);
    });
    const { line, marker } = trace;
    const u = this.frame.unit;
    trace.line = { ...line, width: line.width * u };
    trace.marker = { ...marker, size: marker.size * u };
    if (series.highlit) Object.assign(trace.line, { color: style.colours.muted, width: 4 * u });
    return trace;
  }

  // The line under the mouse, by its index in the scene, or null.
  nearest(event) {
    const box = this.overlay.root.getBoundingClientRect();
    const [x, py] = [this.frame.valueAt(event.clientX - box.left), event.clientY - box.top];
    let [best, distance] = [null, 14 * this.frame.unit];
    this.scene.series.forEach((series, index) => {
      for (const line of [series.measured, series.preview]) {
        const right = line.findIndex((point) => point.x >= x);
        if (right < 1 || line[right].y === null || line[right - 1].y === null) continue;
        const [a, b] = [line[right - 1], line[right]];
        const y = this.frame.y(a.y + (b.y - a.y) * (x - a.x) / (b.x - a.x));
        if (Math.abs(y - py) < distance) [best, distance] = [index, Math.abs(y - py)];
      }
    });
    return best;
  }
}
