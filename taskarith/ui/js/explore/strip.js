// The strip of images whose answer changed: what the pretrained model said, what the edit says.

import { h } from "../dom.js";

export class ImageStrip {
  constructor(element) {
    this.title = h("h2", {});
    this.strip = h("ul", { class: "strip" });
    element.append(this.title, this.strip);
    this.wait("");
  }

  wait(text) {
    this.say("Answers that changed", "");
    this.strip.replaceChildren(h("li", { class: "none" }, text));
  }

  say(title, hint) {
    this.title.replaceChildren(title, h("small", {}, hint));
  }

  // answer: {task, title, split, changed, looked, examples: [{src, before, after, truth}]}
  show(answer) {
    const { title, split, changed, looked, examples } = answer;
    this.say(`Answers that changed: ${title}`, `${changed} of the first ${looked} ${split} images`);
    this.strip.replaceChildren(
      ...examples.map(({ src, before, after, truth }) => {
        const verdict = after === truth ? "gained" : before === truth ? "lost" : "moved";
        const said = { gained: "now right", lost: "now wrong", moved: "wrong both times" }[verdict];
        return h(
          "li",
          { class: verdict, title: `${truth}: ${before} → ${after} (${said})` },
          h("img", { src, alt: `an image of ${truth}`, width: 64, height: 64 }),
          h("span", {}, h("s", {}, before), h("b", {}, "→ " + after)),
        );
      }),
    );
    if (!examples.length) {
      this.strip.replaceChildren(
        h(
          "li",
          { class: "none" },
          "No answer changed on these images: move further, or click another task's bar.",
        ),
      );
    }
  }
}
