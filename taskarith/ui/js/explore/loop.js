// One painting a frame: the first wish in a frame is painted at once, so that it shows in that very
// frame; what is wished after it, before the next.

export class PaintLoop {
  /**
   * @param {() => void} paint
   * @param {(then: () => void) => void} [nextFrame]
   */
  constructor(paint, nextFrame = (then) => requestAnimationFrame(then)) {
    this.paint = paint;
    this.nextFrame = nextFrame;
    this.painted = false; // in this frame
    this.wished = false; // since then
  }

  wish() {
    if (this.painted) {
      this.wished = true;
      return;
    }
    this.painted = true;
    this.paint();
    this.nextFrame(() => {
      this.painted = false;
      if (!this.wished) return;
      this.wished = false;
      this.wish();
    });
  }
}
