// The camera as a source of pictures: a view, and a frame of it where one is asked for. Frames stay on
// the page until they are taught. Knows browsers' cameras; not what becomes of a frame.

import { h, setText } from "../dom.js";

const SIDE = 384; // pixels of a frame, which is cut to the square in the middle

/** @type {Record<string, string>} */
const REFUSALS = {
  NotAllowedError:
    "The camera was refused. Allow it beside the page’s address, and start it again.",
  NotFoundError: "There is no camera here. Draw, or take pictures from files.",
  NotReadableError: "Another program uses the camera; close it, and start the camera again.",
};
const NONE =
  "This browser gives the page no camera: it needs one, and the page by https or on this machine.";

/** @param {{name?: string, message?: string}} error @returns {string} */
export function refusal(error) {
  return REFUSALS[error.name ?? ""] ?? `The camera did not start: ${error.message ?? error.name}`;
}

export class Camera {
  /** @param {{changed: () => void}} how - called when it starts and stops */
  constructor({ changed }) {
    this.changed = changed;
    /** @type {MediaStream | null} */
    this.stream = null;
    this.asked = 0;
    this.view = h("video", { muted: true, playsinline: true, "aria-label": "The camera’s view" });
    this.view.muted = true;
    this.view.hidden = true;
    this.button = h(
      "button",
      { type: "button", onclick: () => (this.on ? this.stop() : this.start()) },
      "Start the camera",
    );
    this.said = h("p", { class: "hint", role: "status" });
    this.say("Nothing is sent: a frame that you take stays on this page until you teach it.");
    this.host = h("div", { class: "camera" }, this.view, this.button, this.said);
    window.addEventListener("pagehide", () => this.stop());
  }

  get on() {
    return this.stream !== null;
  }

  /** @param {string} text @param {boolean} [failed] */
  say(text, failed = false) {
    setText(this.said, text);
    this.said.classList.toggle("failed", failed);
  }

  async start() {
    const media = navigator.mediaDevices;
    if (!media?.getUserMedia) {
      this.say(NONE, true);
      return;
    }
    const number = ++this.asked;
    try {
      const stream = await media.getUserMedia({
        video: { facingMode: "environment" },
        audio: false,
      });
      if (number !== this.asked) {
        for (const track of stream.getTracks()) track.stop(); // it was left while it was asked for
        return;
      }
      this.stream = stream;
      for (const track of stream.getTracks()) track.addEventListener("ended", () => this.stop());
      this.view.srcObject = stream;
      this.view.hidden = false;
      await this.view.play();
      this.say("Take a picture into a class. Nothing is sent until you teach.");
    } catch (error) {
      this.stop();
      this.say(refusal(/** @type {Error} */ (error)), true);
    }
    this.shown();
  }

  stop() {
    this.asked += 1;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.view.srcObject = null;
    this.view.hidden = true;
    this.shown();
  }

  shown() {
    setText(this.button, this.on ? "Stop the camera" : "Start the camera");
    this.changed();
  }

  /** The frame that is seen now, as a file. @returns {Promise<File | null>} */
  async take() {
    const { videoWidth: width, videoHeight: height } = this.view;
    if (!this.on || !width || !height) return null;
    const canvas = h("canvas", { width: SIDE, height: SIDE });
    const side = Math.min(width, height);
    canvas
      .getContext("2d")
      .drawImage(this.view, (width - side) / 2, (height - side) / 2, side, side, 0, 0, SIDE, SIDE);
    const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    return blob ? new File([blob], "frame.png", { type: "image/png" }) : null;
  }
}
