// Compare: three comparisons, each with its form, its run and its picture. A comparison is a job on
// the server; what it has found so far is drawn whenever there is more.

const LOOK_EVERY = 500; // ms

function visitor() {
  let own = sessionStorage.getItem("taskarith-visitor");
  if (!/^[0-9a-f]{24}$/.test(own || "")) {
    own = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) =>
      byte.toString(16).padStart(2, "0")).join("");
    sessionStorage.setItem("taskarith-visitor", own);
  }
  return own;
}

// "61.2 % (55.0–67.1 %, n = 64)"
function told({ accuracy, low, high, n }) {
  const of = n ? `, n = ${n}` : "";
  return `${percent(accuracy)} (${(100 * low).toFixed(1)}–${percent(high)}${of})`;
}

function options(values, chosen) {
  return values.map(([value, title]) =>
    h("option", { value, selected: String(value) === String(chosen) }, title));
}

function field(title, control) {
  return h("label", { class: "field" }, h("span", {}, title), control);
}

// Runs one comparison and follows it. `draw(rows, found, state)` shows what is there so far.
class Run {
  constructor(part, { message, draw }) {
    Object.assign(this, { part, message, drawRows: draw, rows: [], number: 0 });
    this.start = h("button", { type: "button", class: "run", onclick: () => this.go() }, "Run");
    this.stop = h("button", { type: "button", hidden: true, onclick: () => this.cancel() }, "Cancel");
    this.said = h("p", { class: "progress", role: "status" });
    this.bar = h("i", {});
    this.track = h("div", { class: "track", hidden: true }, this.bar);
  }

  get parts() { return [h("div", { class: "acts" }, this.start, this.stop), this.track, this.said]; }

  say(text, failed = false) {
    setText(this.said, text);
    this.said.classList.toggle("failed", failed);
  }

  call(name, fields = {}) {
    return ask(name, { visitor: visitor(), part: this.part, ...fields });
  }

  busy(is) {
    this.start.disabled = is;
    this.stop.hidden = this.track.hidden = !is;
    this.stop.disabled = false;
  }

  async go() {
    this.busy(true);
    this.say("Starting…");
    try {
      await this.call("start", this.message());
    } catch (error) {
      this.busy(false);
      this.say(error.message, true);
      return;
    }
    this.rows = [];
    this.drawRows(this.rows, {}, "running");
    this.follow();
  }

  async cancel() {
    this.stop.disabled = true;
    this.say("Stopping…");
    try { await this.call("cancel"); } catch (error) { this.say(error.message, true); }
  }

  async follow() {
    const number = ++this.number;
    for (let lost = 0; number === this.number;) {
      try {
        const look = await this.call("look", { have: this.rows.length });
        lost = 0;
        if (number !== this.number || this.show(look)) return;
      } catch (error) {
        lost += 1;
        this.say(error.message, true);
        if (lost > 20) { this.busy(false); return; }
      }
      await new Promise((resolve) => { setTimeout(resolve, LOOK_EVERY * (1 + lost)); });
    }
  }

  // After a visit to another page: a run that is not over is followed again.
  async resume() {
    const look = await this.call("look");
    if (!["waiting", "running"].includes(look.state)) return;
    this.show(look);
    this.follow();
  }

  // True when nothing more will come.
  show(look) {
    const over = ["done", "failed", "cancelled", "none"].includes(look.state);
    if (look.found && look.found.start === this.rows.length) {
      const more = look.found.rows.length > 0;
      this.rows = [...this.rows, ...look.found.rows];
      if (more || over) this.drawRows(this.rows, look.found, look.state);
    }
    this.busy(!over);
    this.bar.style.width = `${100 * look.done / Math.max(1, look.needed)}%`;
    const ahead = `Waiting: ${look.ahead} before you on this machine.`;
    this.say({
      waiting: ahead,
      running: `${look.done} of at most ${look.needed} evaluations. ${look.what}`,
      done: "",
      none: "The server no longer knows this run; it may have restarted. Run it again.",
    }[look.state] ?? (this.rows.length ? `${look.message} What is drawn is what was found before.`
      : look.message), ["failed", "none"].includes(look.state));
    return over;
  }
}

class Compare {
  constructor(root, hello) {
    this.hello = hello;
    this.edit = hello.edit;
    this.titles = Object.fromEntries(hello.tasks.map((task) => [task.name, task.title]));
    const problems = hello.problems.length ? `From the link: ${hello.problems.join("; ")}.` : "";
    root.append(
      h("div", { class: "story" },
        h("p", { class: "formula" }, formula(this.edit)),
        h("a", { class: "go", href: exploreAt(this.edit, hello.suite.name) }, "Change it in Explore →")),
      h("p", { class: "failed", role: "status", hidden: !problems }, problems));
    this.classes = new Classes(root, this);
    this.plane = new Plane(root, this);
    this.methods = new Methods(root, this);
    for (const { run } of [this.classes, this.plane, this.methods]) {
      run.resume().catch((error) => run.say(error.message, true));
    }
  }

  title(name) {
    const [kind, own] = name.includes(":") ? name.split(":") : ["", name];
    return (kind ? `${kind}: ` : "") + (this.titles[own] || own);
  }

  images(chosen) {
    return h("select", {}, ...options(this.hello.images.map((n) => [n, n]), chosen));
  }

  imagesOf(select) { return select.value === "all" ? "all" : Number(select.value); }

  section(key, title, about, form, run, host) {
    return h("section", { class: "comparison", "data-part": key },
      h("div", { class: "heading" }, h("h2", {}, title)), h("p", { class: "says" }, about),
      h("div", { class: "sides" }, h("div", { class: "form" }, ...form, ...run.parts), host));
  }
}

open("hello", {}, (root, hello) => { element.compare = new Compare(root, hello); });
