// A sheet of paper to draw on with mouse, pen or finger. Always black on white: that is what is
// taught, whatever the page looks like. Knows strokes; not what becomes of a drawing.

import { h } from "../dom.js";

const SIDE = 192; // pixels of the drawing itself
const PEN = 7;

export class Pad {
  /** @param {{label: string, changed?: () => void}} how */
  constructor({ label, changed = () => {} }) {
    this.canvas = h("canvas", {
      width: SIDE,
      height: SIDE,
      class: "pad",
      role: "img",
      "aria-label": label,
    });
    this.changed = changed;
    this.empty = true;
    /** @type {number[] | null} */
    this.last = null;
    this.canvas.addEventListener("pointerdown", (event) => this.down(event));
    this.canvas.addEventListener("pointermove", (event) => this.move(event));
    for (const name of ["pointerup", "pointercancel"]) {
      this.canvas.addEventListener(name, () => {
        this.last = null;
      });
    }
    this.clear();
  }

  get pen() {
    return /** @type {CanvasRenderingContext2D} */ (this.canvas.getContext("2d"));
  }

  clear() {
    this.pen.fillStyle = "#fff";
    this.pen.fillRect(0, 0, SIDE, SIDE);
    this.empty = true;
    this.changed();
  }

  /** @param {PointerEvent} event @returns {number[]} */
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [
      ((event.clientX - box.left) / box.width) * SIDE,
      ((event.clientY - box.top) / box.height) * SIDE,
    ];
  }

  /** @param {PointerEvent} event */
  down(event) {
    event.preventDefault();
    this.canvas.setPointerCapture(event.pointerId);
    this.last = this.place(event);
    this.stroke(this.last);
  }

  /** @param {PointerEvent} event */
  move(event) {
    if (!this.last) return;
    const places = event.getCoalescedEvents?.() ?? [];
    for (const one of places.length ? places : [event]) this.stroke(this.place(one));
  }

  /** @param {number[]} to */
  stroke(to) {
    const pen = this.pen;
    Object.assign(pen, {
      lineWidth: PEN,
      lineCap: "round",
      lineJoin: "round",
      strokeStyle: "#000",
    });
    pen.beginPath();
    const [x, y] = this.last ?? to;
    pen.moveTo(x, y);
    pen.lineTo(to[0], to[1] + 0.01); // a dot has no length, and would not be drawn
    pen.stroke();
    this.last = to;
    this.empty = false;
    this.changed();
  }

  /** The drawing as a data address, a PNG. */
  taken() {
    const drawing = this.canvas.toDataURL("image/png");
    this.clear();
    return drawing;
  }
}
