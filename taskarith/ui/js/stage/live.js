// Windows kept together: which part this one has, as its link or its memory says it. It follows a
// presenter's talk or is the audience's half of a pair; or it leads, with a talk or as a speaker.

import { h, setText } from "../dom.js";
import { audience } from "./audience.js";
import { Follower } from "./follow.js";
import { endTalk, listen, listenToPair, openTalk, pairLine, talkLine } from "./lines.js";
import { fill } from "./say.js";
import { Speaker } from "./speaker.js";
import { Teller } from "./tell.js";

/** @typedef {import("./stage.js").Stage} Stage */
/** @typedef {import("./lines.js").Key} Key */

const OWN = "taskarith-own-talk"; // this window's talk and its key
const NAME = /^[\w-]{8,64}$/;

/** @param {Stage} stage */
export function liveOf(stage) {
  const live = new Live(stage);
  live.begin();
  return live;
}

class Live {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    /** @type {Follower | null} */
    this.follower = null;
    /** @type {Teller[]} */
    this.tellers = [];
    /** @type {Speaker | null} */
    this.speaker = null;
    /** @type {Key | null} */
    this.own = null;
    this.followers = 0;
    this.state = ""; // the message that the bar says
    /** @type {(() => void)[]} */
    this.closes = [];
    this.says = h("span", { role: "status" });
    this.acts = h("span", { class: "acts" });
    this.bar = h("section", { class: "live", hidden: true }, this.says, this.acts);
    stage.page.root.append(this.bar);
    stage.page.gone.signal.addEventListener("abort", () => this.close());
  }

  /** Whether there is a server that passes states on. */
  get canLead() {
    return Boolean(this.stage.page.hello.talks) && !this.follower;
  }

  /** Whether a second window of this browser can hear this one. */
  get canPair() {
    return location.protocol.startsWith("http") && !this.follower && !this.stage.room.embed;
  }

  begin() {
    const { page } = this.stage;
    const query = new URLSearchParams(page.address.read());
    const name = (/** @type {string} */ key) => {
      const found = query.get(key) ?? "";
      return NAME.test(found) ? found : null;
    };
    const [talk, pair, speaker] = [name("follow"), name("audience"), name("speaker")];
    if (talk && page.hello.talks) this.follow(talk);
    else if (pair) this.listen(pair);
    else {
      if (speaker) this.speak_(speaker);
      const own = remembered();
      if (own && page.hello.talks) this.leadOn(own);
    }
  }

  close() {
    for (const close of this.closes) close();
    for (const teller of this.tellers) teller.close();
  }

  painted() {
    this.follower?.painted();
    for (const teller of this.tellers) teller.painted();
    this.speaker?.painted();
  }

  /** Another language. */
  speak() {
    this.show(this.state);
    this.speaker?.painted();
  }

  // ---- follows ------------------------------------------------------------------------------

  /** @param {string} talk */
  follow(talk) {
    const follower = new Follower(this.stage, () => this.show("let_go"));
    this.follower = follower;
    const shown = () => this.show(follower.along ? "following" : "let_go");
    this.closes.push(
      listen(talk, {
        news: (news) => follower.hear(news),
        back: shown,
        lost: () => this.show(follower.along ? "follow_lost" : "let_go"),
        over: (why) => {
          if (follower.along) follower.let();
          this.follower = null;
          this.show(why === "full" ? "follow_full" : "follow_over");
        },
      }),
    );
  }

  /** The audience's half of a pair: nobody plays there, so it never lets go. @param {string} pair */
  listen(pair) {
    const follower = new Follower(this.stage, () => follower.comeBack());
    this.follower = follower;
    this.closes.push(listenToPair(pair, (news) => follower.hear(news)));
  }

  // ---- leads --------------------------------------------------------------------------------

  /** A talk of this window's own, and the panel with its link. */
  async lead() {
    const { page, words } = this.stage;
    if (!this.own) {
      const opened = await openTalk();
      if (!opened?.talk) {
        page.say("follow", opened?.error ?? words.no_talk);
        return;
      }
      remember(opened);
      this.leadOn(opened);
    }
    this.invite();
  }

  /** @param {Key} own */
  leadOn(own) {
    this.own = own;
    const line = talkLine(own, this.stage.page.link.session, {
      followers: (n) => {
        this.followers = n;
        this.show("leading");
      },
      gone: () => this.ended(),
    });
    this.tellers.push(new Teller(this.stage, line));
    this.show("leading");
  }

  async end() {
    if (this.own) await endTalk(this.own);
    this.ended();
  }

  ended() {
    this.own = null;
    remember(null);
    for (const teller of this.tellers) teller.close();
    this.tellers = [];
    if (this.speaker) this.tell(this.speaker.pair);
    this.show("");
  }

  /** The panel with the link that an audience opens. */
  invite() {
    const { page, told, words } = this.stage;
    const query = new URLSearchParams({ suite: page.hello.suite.name });
    query.set("follow", /** @type {Key} */ (this.own).talk);
    if (told.language !== "en") query.set("lang", told.language);
    const link = page.address.link(String(query));
    const dialog = audience(page, { words, link, language: told.language, end: () => this.end() });
    page.root.append(dialog);
    dialog.showModal();
  }

  // ---- two windows --------------------------------------------------------------------------

  /** This window becomes the speaker's, and another one opens for the audience. */
  pair() {
    const { page } = this.stage;
    if (!this.speaker) {
      const pair = Array.from(crypto.getRandomValues(new Uint8Array(9)), (byte) =>
        byte.toString(16).padStart(2, "0"),
      ).join("");
      const query = new URLSearchParams(page.address.read());
      query.set("speaker", pair);
      query.delete("present");
      page.address.write(String(query));
      page.writeAddress();
      this.speak_(pair);
    }
    this.openAudience();
  }

  openAudience() {
    const { page, told } = this.stage;
    const query = new URLSearchParams({ suite: page.hello.suite.name, present: "1" });
    query.set("audience", /** @type {Speaker} */ (this.speaker).pair);
    if (told.language !== "en") query.set("lang", told.language);
    open(page.address.here(String(query)), "_blank", "popup,width=1280,height=720");
  }

  /** @param {string} pair */
  speak_(pair) {
    this.speaker = new Speaker(this.stage, pair, { open: () => this.openAudience() });
    this.tell(pair);
  }

  /** @param {string} pair */
  tell(pair) {
    const teller = new Teller(
      this.stage,
      pairLine(pair, () => teller.tell()),
    );
    this.tellers.push(teller);
  }

  // ---- what is said -------------------------------------------------------------------------

  /** @param {string} state - the message; none hides the bar */
  show(state) {
    this.state = state;
    const { words, told } = this.stage;
    this.bar.hidden = !state;
    if (!state) return;
    this.bar.lang = told.language;
    setText(this.says, fill(words[state], { n: this.followers }));
    if (this.acts.dataset.of === `${state} ${told.language}`) return;
    this.acts.dataset.of = `${state} ${told.language}`;
    const button = (/** @type {string} */ name, /** @type {() => void} */ onclick) =>
      h("button", { type: "button", "data-live": name, onclick }, words[name]);
    const acts = {
      following: () => [button("let", () => this.let())],
      let_go: () => [button("come_back", () => this.comeBack())],
      leading: () => [button("invite", () => this.invite()), button("end", () => this.end())],
    };
    const of = acts[/** @type {keyof typeof acts} */ (state)];
    this.acts.replaceChildren(...(of ? of() : [button("hide_bar", () => this.show(""))]));
  }

  let() {
    this.follower?.let();
    this.show("let_go");
  }

  comeBack() {
    this.follower?.comeBack();
    this.show("following");
  }
}

/** @returns {Key | null} */
function remembered() {
  try {
    const found = JSON.parse(sessionStorage.getItem(OWN) ?? "null");
    return found && NAME.test(found.talk) && typeof found.key === "string" ? found : null;
  } catch {
    return null;
  }
}

/** @param {Key | null} own */
function remember(own) {
  try {
    if (own) sessionStorage.setItem(OWN, JSON.stringify(own));
    else sessionStorage.removeItem(OWN);
  } catch {
    // The talk lasts until this page is left.
  }
}
