// The menu Learn: lessons, what helps to show the page to others, languages; and the first lesson,
// offered to who is here for the first time. Knows what there is to choose, not what it does.

import { h } from "../dom.js";
import { classroom } from "./classroom.js";
import { embedding } from "./embed.js";
import { fill } from "./say.js";

export class Offers {
  /** @param {import("./stage.js").Stage} stage */
  constructor(stage) {
    this.stage = stage;
  }

  /** To somebody who is here for the first time. */
  first() {
    const { told, words, page, walk, room } = this.stage;
    const [first] = told.lessons;
    if (!first || first.suite !== page.hello.suite.name || walk || room.present) return;
    const button = (
      /** @type {string} */ name,
      /** @type {string} */ text,
      /** @type {() => void} */ onclick,
    ) => h("button", { type: "button", "data-offer": name, onclick }, text);
    const card = h(
      "section",
      { class: "offer", "aria-label": words.welcome, lang: told.language },
      h("p", {}, words.welcome),
      button("yes", told.messages.lessons[first.name].title, () => this.stage.start(first.name)),
      button("no", words.no_thanks, () => card.remove()),
    );
    page.parts.stage.replaceChildren(card);
  }

  /** The menu's contents: lessons, of other suites too, and languages. @param {HTMLElement} list */
  fill(list) {
    const { told, words, page } = this.stage;
    const own = page.hello.suite.name;
    const items = (page.guest ? this.stage.here() : told.lessons).map(({ name, suite }) => {
      const { title } = told.messages.lessons[name];
      if (suite === own) {
        const onclick = () => this.stage.start(name);
        return h("button", { type: "button", "data-start": name, onclick }, title);
      }
      const query = new URLSearchParams({ suite, lesson: name });
      if (told.language !== "en") query.set("lang", told.language);
      return h("a", { href: page.address.here(String(query)) }, title, h("small", {}, suite));
    });
    const languages = Object.entries(told.languages).map(([code, title]) =>
      h(
        "button",
        {
          type: "button",
          lang: code,
          "data-language": code,
          "aria-pressed": String(code === told.language),
          onclick: () => this.stage.learn(code),
        },
        title,
      ),
    );
    list.lang = told.language;
    list.replaceChildren(
      h("p", {}, words.lessons),
      ...items,
      ...(page.guest ? [] : [h("p", {}, words.talk), ...this.talk()]),
      h("div", { class: "languages", role: "group", "aria-label": words.languages }, ...languages),
    );
  }

  /** For who shows the page to others. */
  talk() {
    const { words, page, presenter, live } = this.stage;
    const button = (
      /** @type {string} */ name,
      /** @type {string} */ text,
      /** @type {() => void} */ onclick,
    ) => h("button", { type: "button", "data-talk": name, onclick }, text);
    const kept = presenter.kept().length;
    return [
      button("present", words.present, () => this.stage.present(true)),
      ...(live.canPair ? [button("windows", words.two_windows, () => live.pair())] : []),
      button("keep", fill(words.keep_state, { n: kept }), () => {
        if (!presenter.add()) page.say("talk", words.cannot_keep);
      }),
      ...(kept ? [button("clear", words.clear_states, () => presenter.keep([]))] : []),
      ...(live.canLead ? [button("follow", words.follow_me, () => live.lead())] : []),
      button("class", words.classroom, () => this.show(classroom)),
      button("embed", words.embed, () => this.show(embedding)),
    ];
  }

  /**
   * A panel over the page.
   * @param {typeof classroom} panel
   */
  show(panel) {
    const { told, words, page } = this.stage;
    const lessons = this.stage.here().map(({ name }) => {
      return { name, title: told.messages.lessons[name].title };
    });
    const dialog = panel(page, { words, lessons, language: told.language });
    page.root.append(dialog);
    dialog.showModal();
  }
}
