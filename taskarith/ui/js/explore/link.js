// The link to the backend: commits and what they bring back, lost connections, restarts.
// Knows messages, not what they mean.

export const PATIENCE = 30000; // ms: longer than the server lets a waiting call wait

export class LostConnection extends Error {}

export class ServerLink {
  // on: {piece(piece), engine(state), preview(preview), problem(text), lost(), back()}
  /**
   * @param {import("../types.js").Backend} backend
   * @param {string} suite
   * @param {any} on
   */
  constructor(backend, suite, on) {
    this.backend = backend;
    this.suite = suite; // every call says which one it is about
    this.on = on;
    this.session = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
      byte.toString(16).padStart(2, "0"),
    ).join("");
    this.seq = 0;
    this.busy = false; // whether the last commit is still being measured
    this.lost = false;
    this.closed = false;
    this.silent = false; // whether nothing is measured for this window: it goes along with another
  }

  // One call. A backend answers `undefined` where nobody answered it. What is wrong with it is said
  // to all, or to `problem`.
  async call(name, message = {}, problem = this.on.problem) {
    const late = new Promise((resolve) => {
      setTimeout(resolve, PATIENCE);
    });
    const answer = await Promise.race([
      this.backend[name]({ session: this.session, suite: this.suite, ...message }),
      late,
    ]);
    if (answer === undefined) throw new LostConnection(name);
    if (this.lost) {
      this.lost = false;
      this.on.back();
    }
    if (answer.error) problem(answer.error);
    return answer;
  }

  // Try until the server answers, ever more slowly; `stop()` gives up.
  async insist(name, message, stop) {
    for (let wait = 500; ; wait = Math.min(8000, 2 * wait)) {
      try {
        return await this.call(name, message);
      } catch (error) {
        if (!(error instanceof LostConnection)) throw error;
        if (!this.lost) {
          this.lost = true;
          this.on.lost();
        }
        await new Promise((resolve) => {
          setTimeout(resolve, wait);
        });
        if (stop()) return null;
      }
    }
  }

  // Send an edit and follow its measurements until they are done or a newer one is sent.
  async commit(name, message) {
    if (this.silent) return;
    const seq = ++this.seq;
    this.busy = true;
    await this.measure(name, message, seq);
    if (seq === this.seq) this.busy = false;
  }

  async measure(name, message, seq) {
    const stale = () => seq !== this.seq;
    let answer = await this.insist(name, { ...message, seq }, stale);
    while (answer && !stale()) {
      if (answer.error) return;
      if (answer.unknown) {
        // the server restarted: it knows neither us nor our edit
        answer = await this.insist(name, { ...message, seq }, stale);
        continue;
      }
      this.on.piece(answer);
      if (answer.done) return;
      answer = await this.insist("more", { seq, cursor: answer.cursor }, stale);
    }
  }

  /** Nobody looks any more. */
  close() {
    this.rest();
    this.seq += 1;
    this.closed = true;
  }

  // Something moves again: what is being measured is stale, and the machine may be the same.
  // True if there was something to stop.
  rest() {
    if (!this.busy) return false;
    this.seq += 1;
    this.busy = false;
    this.call("rest", { seq: this.seq }).catch((error) => {
      if (!(error instanceof LostConnection)) throw error;
    });
    return true;
  }

  /**
   * Follow the engine until it is ready or has failed, then check now and then that it lives.
   * @param {import("../types.js").Engine} engine
   */
  async follow({ state, boot }) {
    this.boot = boot;
    while (!this.closed) {
      const answer = await this.insist("engine", { known: state }, () => this.closed);
      if (!answer || this.closed) return;
      if (answer.error) {
        // the suite cannot be opened: perhaps later
        Object.assign(answer, { state: "failed", message: answer.error, boot: this.boot });
      }
      if (answer.preview) this.on.preview(answer.preview);
      if (answer.state !== state || answer.boot !== this.boot) {
        state = answer.state;
        this.boot = answer.boot;
        this.on.engine(answer);
      }
      if (state !== "loading") {
        await new Promise((resolve) => {
          setTimeout(resolve, 10000);
        });
      }
    }
  }
}
