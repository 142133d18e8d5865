// The frame: where the axes lie in pixels, shared by the curves and the overlay over them.
// Knows sizes and ranges, not what is drawn.

const SIDE = { left: 58, right: 200, top: 14, bottom: 46 }; // px at the usual size
const READING = 20; // px: the readings beside the cursor
const NARROW = 450; // px: below, there is no room for labels at the lines' ends

export class Frame {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.unit = 1; // 1 at the usual size, 1.5 in the presenter's
    this.reading = READING;
    this.side = SIDE;
    this.narrow = false;
    this.family = "system-ui, sans-serif";
    this.size = { width: 0, height: 0 };
    this.range = [-1.5, 1.5];
    this.heights = [0, 1];
  }

  /** Take the element's size; true if it has one and it is another. */
  measure() {
    const { clientWidth: width, clientHeight: height } = this.element;
    const style = getComputedStyle(this.element);
    return this.resize({ width, height }, parseFloat(style.fontSize) / 16, style.fontFamily);
  }

  /**
   * @param {{width: number, height: number}} size
   * @param {number} unit
   * @param {string} [family]
   */
  resize({ width, height }, unit, family = this.family) {
    const same = width === this.size.width && height === this.size.height && unit === this.unit;
    if (!width || same) return false;
    this.size = { width, height };
    this.unit = unit;
    this.family = family;
    this.narrow = width < NARROW * unit;
    const { left, right, top, bottom } = SIDE;
    this.side = { left: left * unit, right: right * unit, top: top * unit, bottom: bottom * unit };
    if (this.narrow) Object.assign(this.side, { left: 50 * unit, right: 24 * unit });
    return true;
  }

  get ready() {
    return this.size.width > 0;
  }
  get left() {
    return this.side.left;
  }
  get right() {
    return this.size.width - this.side.right;
  }
  get top() {
    return this.side.top;
  }
  get bottom() {
    return this.size.height - this.side.bottom;
  }
  /** Where readings may stand. */
  get bounds() {
    return {
      left: this.left,
      right: this.right,
      top: this.top - 10 * this.unit,
      bottom: this.bottom,
    };
  }

  /** @param {number} value */
  x(value) {
    const [low, high] = this.range;
    return this.left + ((this.right - this.left) * (value - low)) / (high - low);
  }

  /** @param {number} pixels */
  valueAt(pixels) {
    const [low, high] = this.range;
    return low + ((high - low) * (pixels - this.left)) / (this.right - this.left);
  }

  /** @param {number} value */
  y(value) {
    const [low, high] = this.heights;
    return this.top + (this.bottom - this.top) * (1 - (value - low) / (high - low));
  }

  /**
   * Give an SVG rectangle the place inside the axes.
   * @param {Element} rectangle
   */
  fit(rectangle) {
    rectangle.setAttribute("x", String(this.left));
    rectangle.setAttribute("y", String(this.top));
    rectangle.setAttribute("width", String(Math.max(0, this.right - this.left)));
    rectangle.setAttribute("height", String(Math.max(0, this.bottom - this.top)));
  }

  /** @param {number} value */
  holds(value) {
    return value >= this.heights[0] && value <= this.heights[1];
  }

  /** @param {number} value */
  inside(value) {
    return Math.max(this.heights[0], Math.min(this.heights[1], value));
  }
}
