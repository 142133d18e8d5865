// Drawing for pages that draw themselves: coloured cells, calls that may fail, and the link.
// Knows no page. Gradio runs this with `element` and `server` in scope, after 10-words.js.

// A colour of the look, as strong as `share` (0…1) says.
function tint(name, share) {
  const strength = Math.round(100 * Math.max(0, Math.min(1, share)));
  return `color-mix(in srgb, var(--${name}) ${strength}%, var(--paper))`;
}

// The ink that can be read on a tint of that strength.
function inkOn(share) {
  return share > 0.62 ? "var(--paper)" : "var(--ink)";
}

// Signed numbers: one hue for above zero, another for below.
function signedCell(share) {
  return { back: tint(share < 0 ? "pinned" : "target", Math.abs(share)), ink: inkOn(Math.abs(share)) };
}

// One call; a refusal or a lost connection is an Error with words for people.
async function ask(name, message) {
  const answer = await server[name]({ query: location.search, ...message });
  if (!answer) throw new Error("The server does not answer; it may be restarting.");
  if (answer.error) throw new Error(answer.error);
  return answer;
}

// "printed-digits:-0.5,letters:0.3": what the address, and so every page's link, carries.
function writeLink(coefficients) {
  const query = new URLSearchParams(location.search);
  query.set("set", terms(coefficients).map(({ name, value }) => `${name}:${value}`).join(","));
  query.delete("analogy"); // its coefficients are no longer those it wrote
  const text = query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",");
  history.replaceState(null, "", `${location.pathname}?${text}`);
}

// The address of Explore at an edit.
function exploreAt(coefficients, suite) {
  const query = new URLSearchParams(location.search);
  for (const gone of ["analogy", "focus", "pin"]) query.delete(gone);
  query.set("suite", suite);
  query.set("set", terms(coefficients).map(({ name, value }) => `${name}:${value}`).join(","));
  return `./?${query.toString().replace(/%3A/g, ":").replace(/%2C/g, ",")}`;
}

// Start a page: build it once the server answers, trying again while it does not.
async function open(name, message, build) {
  const root = element.querySelector(".drawn");
  const said = root.querySelector(".starting");
  for (let wait = 500; ; wait = Math.min(5000, 2 * wait)) {
    try {
      const hello = await ask(name, message);
      root.replaceChildren();
      build(root, hello);
      root.dataset.state = "open";
      return;
    } catch (error) {
      setText(said, error.message);
      await new Promise((resolve) => { setTimeout(resolve, wait); });
    }
  }
}
