// The switch "by layer": whether the edit has factors by layer, and the panel that shows them, which
// is fetched when it is first wanted.

import { withLayers } from "./merge.js";
import { h } from "../dom.js";

const FAILED = "The factors by layer could not be fetched; check the connection and try again.";

export class ByLayer {
  /** @param {import("./page.js").Page} page */
  constructor(page) {
    this.page = page;
    /** @type {import("../layers/panel.js").LayerPanel | null} */
    this.panel = null;
    /** @type {string[]} */
    this.groups = [];
    this.open = false;
    this.switch = h(
      "button",
      {
        type: "button",
        class: "quiet",
        hidden: true,
        "data-tool": "layers",
        "aria-controls": "taskarith-layers",
        title: "λ times a factor of its own in each layer",
        onclick: () => this.toggle(),
      },
      "by layer",
    );
    page.parts.methods.append(this.switch);
  }

  /** @param {string[]} groups - that an edit can give factors */
  offer(groups) {
    this.groups = groups;
    this.switch.hidden = groups.length < 2; // the factor of a single one is λ itself
  }

  toggle() {
    const { hand, state } = this.page;
    this.open = !this.open;
    if (!this.open && state.layers) hand.mergeBy(withLayers(state.merge, {}));
    else this.show();
  }

  show() {
    const { state, parts } = this.page;
    if (state.layers) this.open = true;
    const there = this.open && !this.switch.hidden;
    parts.layers.hidden = !there;
    this.switch.setAttribute("aria-pressed", String(there));
    if (there && !this.panel) this.fetch();
    else if (there) this.panel?.show(state.layers ?? {});
  }

  async fetch() {
    const { page, groups } = this;
    const { hand, parts } = page;
    let Panel;
    try {
      ({ LayerPanel: Panel } = await import("../layers/panel.js"));
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      page.say("method", FAILED);
      return;
    }
    if (this.panel || page.gone.signal.aborted) return;
    this.panel = new Panel(parts.layers, {
      groups,
      on: {
        move: (factors) => hand.layered(factors),
        hold: () => hand.hold(),
        release: () => hand.released(),
        problem: (text) => page.say("method", text),
      },
    });
    this.show();
  }
}
