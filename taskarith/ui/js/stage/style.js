// How lessons, explained words and the presenter look; written into the page when they come.

const STYLE = `
.taskarith .lesson, .taskarith .offer { border: 2px solid var(--target); border-radius: 0.6em;
  padding: 0.6em 0.9em 0.7em; background: var(--paper); }
.taskarith .lesson .heading { align-items: start; flex-wrap: nowrap; }
.taskarith .lesson .heading button { margin: -0.2em -0.5em 0 0; }
.taskarith .lesson .say { margin: 0.3em 0 0.5em; font-size: 1.06em; line-height: 1.45;
  min-height: 5.8em; }
.taskarith .lesson .figure { font-weight: 650; white-space: nowrap; }
.taskarith .lesson .task { color: var(--target); font-weight: 650; margin-bottom: 0.5em; }
.taskarith .lesson .acts { justify-content: space-between; }
.taskarith .lesson .next { background: var(--target); border-color: var(--target);
  color: var(--paper); font-weight: 650; }
.taskarith .offer { display: flex; flex-wrap: wrap; gap: 0.4em 0.6em; align-items: center; }
.taskarith .offer p { flex: 1 0 100%; }
.taskarith [data-word] { text-decoration: underline dotted 0.08em var(--muted);
  text-underline-offset: 0.2em; cursor: help; }
.taskarith .explained { position: absolute; z-index: 60; width: max-content;
  max-width: min(24em, calc(100vw - 12px)); padding: 0.5em 0.75em; background: var(--ink);
  color: var(--paper); border-radius: 0.4em; font-weight: 400; text-align: left;
  line-height: 1.4; pointer-events: none; }
.taskarith .lit { outline: 3px solid var(--target); outline-offset: 4px; border-radius: 0.3em; }
.taskarith .row.lit, .taskarith .bar.lit { outline-offset: -1px; }
.taskarith.taught .analogy:not(.lit), .taskarith.taught .offer { display: none; }
.taskarith .learn p { padding: 0.35em 0.7em; color: var(--muted); }
.taskarith .learn > div { max-height: 75vh; overflow: auto; width: max-content;
  max-width: min(26em, 92vw); }
.taskarith .learn > div :is(a, button) { display: block; padding: 0.3em 0.7em; color: var(--ink);
  text-decoration: none; border-radius: 0.4em; border: 0; text-align: left; }
.taskarith .learn > div a:hover { background: var(--raised); }
.taskarith .learn > div .languages { display: flex; gap: 0.3em; padding: 0.2em 0.7em; }
.taskarith .learn .languages button { border: 1px solid var(--rule); }
.taskarith .learn .languages button[aria-pressed="true"] { background: var(--ink);
  color: var(--paper); }
.taskarith .learn small { color: var(--muted); display: block; }
@container (max-width: 52em) {
  .taskarith .lesson { order: 9; position: sticky; bottom: 0.4em; z-index: 8;
    box-shadow: 0 0 1.5em rgb(0 0 0 / 0.25); }
  .taskarith .lesson .say { min-height: 0; }
  .taskarith .offer { order: 3; }
  .taskarith .stage { display: contents; }
}
.taskarith.presenting { font-size: clamp(18px, 1.55vw, 48px); }
.taskarith.presenting .sheet { grid-template: "story story" auto "left main" 1fr
  / minmax(18em, 30%) minmax(0, 1fr); padding: 1em 1.6em;
  height: 100dvh; }
.taskarith.presenting :is(header, .tell, .story .quiet, .analogy, .foot, .images, .methods,
  .bank .acts, .bank .more, .toggle) { display: none; }
.taskarith.presenting .story { border: 0; min-height: 0; }
.taskarith.presenting aside { justify-content: center; gap: 1.4em; }
.taskarith.presenting .formula { font-size: 2.1em; }
.taskarith.presenting .formula:is([data-long="2"], [data-long="3"]) { font-size: 1.3em; }
.taskarith.presenting .row { grid-template-columns: minmax(0, 1fr) 6.2em; height: auto;
  row-gap: 0; }
.taskarith.presenting .row .name { grid-column: 1 / -1; font-size: 1.1em; }
.taskarith.presenting .row .reset { display: none; }
.taskarith.presenting .row .number { border: 0; font-size: 1.5em; font-weight: 650; }
.taskarith.presenting .bar { height: 1.9em; grid-template-columns: 13em minmax(0, 1fr) 5em 4em; }
.taskarith.presenting .bar:not(.head) .value { font-size: 1.35em; font-weight: 650; }
.taskarith.presenting .over text.reading { font-size: 2.25em; }
.taskarith.presenting .plot .line.target, .taskarith.presenting .plot .line.control {
  stroke-width: 0.4em; }
.taskarith.presenting .picture { min-height: 10em; }
.taskarith.presenting .says { font-size: 1.1em; }
.taskarith.presenting .main { min-height: 0; }
.taskarith.presenting .bars .rows { max-height: none; }
.taskarith.presenting .lesson { border-width: 0 0 0 0.3em; border-radius: 0; }
.taskarith.presenting .lesson .say { font-size: 1.25em; min-height: 0; }
.taskarith .blackout { position: fixed; inset: 0; z-index: 90; background: #000; }
.taskarith .class :is(label, p, fieldset) { display: block; margin: 0.5em 0; }
.taskarith .class .parts { display: grid; grid-template-columns: repeat(3, 1fr);
  border: 1px solid var(--rule); border-radius: 0.4em; padding: 0.3em 0.8em; }
.taskarith .class .parts label { margin: 0.15em 0; white-space: nowrap; }
.taskarith .class input[type=checkbox] { appearance: auto; accent-color: var(--target);
  width: 1.05em; height: 1.05em; margin-right: 0.4em; vertical-align: -0.12em; }
.taskarith .class .number { width: 4.5em; text-align: right; }
.taskarith .class .acts { display: flex; }
.taskarith .class .link { flex: 1; min-width: 0; font: inherit; color: var(--muted);
  background: var(--raised); border: 1px solid var(--rule); border-radius: 0.4em;
  padding: 0.3em 0.6em; }
.taskarith .class h3 { font-size: 1em; margin: 0.6em 0 0.1em; }
.taskarith .class h3 + .acts { margin-top: 0.1em; }
.taskarith .live { position: fixed; z-index: 40; left: 50%; bottom: 0.6em; translate: -50% 0;
  display: flex; flex-wrap: wrap; align-items: center; justify-content: center; gap: 0.3em 0.8em;
  max-width: 94vw; box-sizing: border-box; padding: 0.45em 0.9em; background: var(--paper);
  color: var(--ink); border: 2px solid var(--target); border-radius: 0.6em;
  box-shadow: 0 0 1.5em rgb(0 0 0 / 0.25); }
.taskarith .live[hidden] { display: none; }
.taskarith.presenting .live { display: none; }
.taskarith .speaker { border: 2px solid var(--rule); border-radius: 0.6em;
  padding: 0.6em 0.9em 0.7em; }
.taskarith .speaker .notes { font-size: 1.15em; line-height: 1.45; margin: 0.3em 0 0.5em; }
.taskarith .speaker .next-step { color: var(--muted); margin-bottom: 0.5em; }
.taskarith .speaker time { font-variant-numeric: tabular-nums; }
.taskarith.speaks .analogy:not(.lit) { display: none; }
.taskarith .class .code { width: min(19em, 60vmin); display: block; margin: 0.4em auto; }
.taskarith .class .hint { color: var(--muted); }
`;

// Gradio puts an id before every rule of the page's own sheet; these have to weigh as much.
const WEIGHTY = ":is(.taskarith, #taskarith-stage)";

/** @param {string} css - rules whose selectors begin with the page's own class */
export function weighty(css) {
  return css.replaceAll(".taskarith", WEIGHTY);
}

/** Once for all pages of a document, or of the shadow that `root` stands in. */
export function addStyle(/** @type {HTMLElement} */ root) {
  const tree = root.getRootNode();
  const place = tree instanceof ShadowRoot ? tree : document.head;
  if (place.querySelector("#taskarith-stage-style")) return;
  const style = document.createElement("style");
  style.id = "taskarith-stage-style";
  style.textContent = weighty(STYLE);
  place.append(style);
}
