// The chart: measured curves, and over them the overlay, which follows the finger. While something
// is dragged only the overlay moves. Knows pixels, not tasks.

import { Curves } from "./curves.js";
import { Frame } from "./frame.js";
import { Overlay } from "./overlay.js";

export class Chart {
  // on: {drag(x), dragEnd(), hover(index or null)}
  constructor(element, { style, on }) {
    this.on = on;
    this.frame = new Frame(element);
    this.curves = new Curves(this.frame, style);
    this.overlay = new Overlay(this.frame);
    element.append(this.curves.root, this.overlay.root);
    this.scene = null;
    this.listen();
    const resized = () => {
      if (this.frame.measure()) this.redraw();
    };
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
    const end = () => {
      if (dragging) {
        dragging = false;
        this.on.dragEnd();
      }
    };
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
    this.curves.draw(this.scene);
    this.overlay.draw(this.scene);
  }

  cursor(state) {
    this.overlay.cursor(state);
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
        const y = this.frame.y(a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x));
        if (Math.abs(y - py) < distance) [best, distance] = [index, Math.abs(y - py)];
      }
    });
    return best;
  }
}
