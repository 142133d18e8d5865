// The chart: measured curves, and over them the overlay, which follows the finger. While something
// is dragged only the overlay moves. Knows pixels, not tasks.

import { Curves } from "./curves.js";
import { Frame } from "./frame.js";
import { Overlay } from "./overlay.js";

const NEAR = 14; // px within which the pointer is on a line, at the usual size
const SNAP = 9; // px within which it is on a measured λ

/** @typedef {import("./scene.js").Scene} Scene */
/**
 * @typedef {{drag: (x: number) => void, dragEnd: () => void,
 *   hover: (at: {task: string, x: number} | null) => void}} ChartEvents
 */

export class Chart {
  /**
   * @param {HTMLElement} element
   * @param {{style: Record<string, any>, on: ChartEvents}} how
   */
  constructor(element, { style, on }) {
    this.on = on;
    this.frame = new Frame(element);
    this.curves = new Curves(this.frame, style);
    this.overlay = new Overlay(this.frame);
    element.append(this.curves.root, this.overlay.root);
    /** @type {Scene | null} */
    this.scene = null;
    this.listen();
    const resized = () => {
      if (this.frame.measure()) this.redraw();
    };
    this.sizes = new ResizeObserver(resized);
    this.sizes.observe(element);
    resized();
  }

  listen() {
    const { hand } = this.overlay;
    const at = (/** @type {PointerEvent} */ event) =>
      this.frame.valueAt(event.clientX - this.overlay.root.getBoundingClientRect().left);
    let dragging = false;
    hand.addEventListener("pointerdown", (event) => {
      if (!this.scene || event.button) return;
      dragging = true;
      hand.setPointerCapture(event.pointerId);
      this.on.hover(null);
      this.on.drag(at(event));
    });
    hand.addEventListener("pointermove", (event) => {
      if (dragging) this.on.drag(at(event));
      else if (this.scene && event.pointerType === "mouse") this.on.hover(this.nearest(event));
    });
    const end = () => {
      if (!dragging) return;
      dragging = false;
      this.on.dragEnd();
    };
    hand.addEventListener("pointerup", end);
    hand.addEventListener("pointercancel", end);
    hand.addEventListener("pointerleave", () => this.on.hover(null));
  }

  /** @param {Scene} scene */
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

  /** @param {Parameters<Overlay["cursor"]>[0]} state */
  cursor(state) {
    this.overlay.cursor(state);
  }

  /** @param {Parameters<Overlay["tell"]>[0]} told */
  tell(told) {
    this.overlay.tell(told);
  }

  /**
   * The line under the mouse and the λ there, which is a measured one where one is near; or null.
   * @param {PointerEvent} event
   * @returns {{task: string, x: number} | null}
   */
  nearest(event) {
    const { frame } = this;
    const box = this.overlay.root.getBoundingClientRect();
    const px = event.clientX - box.left;
    const [x, py] = [frame.valueAt(px), event.clientY - box.top];
    /** @type {{task: string, x: number} | null} */
    let best = null;
    let distance = NEAR * frame.unit;
    for (const { task, still, measured, preview } of this.scene?.series ?? []) {
      if (still) continue;
      for (const line of [measured, preview]) {
        const right = line.findIndex((point) => point.x >= x);
        if (right < 1) continue;
        const [a, b] = [line[right - 1], line[right]];
        if (a.y === null || b.y === null) continue;
        const y = frame.y(a.y + ((b.y - a.y) * (x - a.x)) / (b.x - a.x));
        if (Math.abs(y - py) >= distance) continue;
        distance = Math.abs(y - py);
        const node = [a, b].find((point) => Math.abs(frame.x(point.x) - px) < SNAP * frame.unit);
        best = { task, x: node ? node.x : x };
      }
    }
    return best;
  }

  close() {
    this.sizes.disconnect();
  }
}
