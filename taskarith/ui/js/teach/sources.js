// Where the examples may come from. A source has a name and a title, what is shown for it (`host`),
// whether the cards of classes are (`cards`), how many examples it has, what it lacks, and what the
// server is told of them.

import { Hub, World } from "./elsewhere.js";
import { byFolder, toldFolder } from "./folder.js";
import { blobOf, send } from "./sending.js";
import { Table } from "./table.js";
import { h, setText } from "../dom.js";

/**
 * @typedef {{name: string, title: string, host: HTMLElement, cards?: boolean, size: number,
 *   lacking: () => string, examples: (say: (text: string) => void) => Promise<object>,
 *   opened?: () => void, closed?: () => void}} Source
 */

/** Examples on cards: drawn, picked, taken by the camera, or written. */
class OnCards {
  cards = true;

  /**
   * @param {string} name @param {string} title
   * @param {import("./classes.js").Classes} classes @param {HTMLElement} host
   */
  constructor(name, title, classes, host) {
    this.name = name;
    this.title = title;
    this.classes = classes;
    this.host = host;
  }

  get size() {
    return Math.max(1, this.classes.size);
  }

  lacking() {
    return this.classes.lacking();
  }

  /** @param {(text: string) => void} say */
  async examples(say) {
    const { cards } = this.classes;
    const name = (/** @type {any} */ card) => card.name.value.trim();
    if (this.classes.written) {
      const texts = cards.map((card) => ({ name: name(card), files: card.texts }));
      return { texts: true, classes: texts };
    }
    const files = cards.flatMap((card, at) => [
      ...card.drawings.map((drawing, k) => ({ blob: blobOf(drawing), name: `${at}-d${k}.png` })),
      ...card.files.map((file, k) => ({ blob: file, name: `${at}-p${k}-${file.name.slice(-40)}` })),
    ]);
    const paths = await send(files, (sent) => say(`${sent} of ${files.length} are there…`));
    let next = 0;
    const classes = cards.map((card) => {
      const own = paths.slice(next, next + card.size);
      next += card.size;
      return { name: name(card), files: own };
    });
    return { classes };
  }
}

/** Pictures by a frame of the camera, which is fetched and asked for when it is chosen. */
class FromCamera extends OnCards {
  /** @param {import("./classes.js").Classes} classes */
  constructor(classes) {
    super("camera", "Camera", classes, h("div", {}));
  }

  async opened() {
    if (this.camera) return;
    const { Camera } = await import("../camera/camera.js");
    const camera = new Camera({ changed: () => this.classes.shootable(camera.on) });
    this.camera = camera;
    this.classes.take = () => camera.take();
    this.host.replaceChildren(camera.host);
  }

  closed() {
    this.camera?.stop();
  }
}

class Zip {
  name = "zip";
  title = "A zip";
  size = 40; // it is counted where it is unpacked

  /** @param {{changed: () => void}} how */
  constructor({ changed }) {
    this.file = h("input", { type: "file", accept: ".zip", onchange: changed });
    const said = "A zip with one folder of pictures for each class";
    this.host = h("label", { class: "drop zipped" }, this.file, h("span", {}, said));
  }

  lacking() {
    return this.file.files.length ? "" : "Pick a zip.";
  }

  async examples() {
    const [zip] = await send([{ blob: this.file.files[0], name: "examples.zip" }], () => {});
    return { zip };
  }
}

/** A button that sorts a folder of class folders onto the cards. @param {import("./classes.js").Classes} classes */
function folderPicker(classes) {
  const said = h("p", { class: "hint", role: "status" });
  const input = h("input", {
    type: "file",
    webkitdirectory: true,
    multiple: true,
    onchange: () => {
      const found = byFolder(/** @type {FileList} */ (input.files));
      classes.fill(found.classes);
      setText(said, toldFolder(found, classes.most));
      input.value = "";
    },
  });
  const title = "Or pick a folder with one folder of pictures for each class";
  return h(
    "div",
    { class: "place" },
    h("label", { class: "drop slim" }, h("span", {}, title), input),
    said,
  );
}

/**
 * @param {{hello: any, written: boolean, classes: import("./classes.js").Classes,
 *   ask: (name: string, message: object) => Promise<any>, changed: () => void}} how
 * @returns {Source[]}
 */
export function sources(how) {
  const { classes, written } = how;
  const others = [new World(how), new Hub(how)];
  if (written) {
    return [new OnCards("texts", "Write", classes, h("div", {})), new Table(how), ...others];
  }
  return [
    new OnCards("draw", "Draw", classes, h("div", {})),
    new OnCards("pictures", "Pictures", classes, folderPicker(classes)),
    new FromCamera(classes),
    new Zip(how),
    ...others,
  ];
}
