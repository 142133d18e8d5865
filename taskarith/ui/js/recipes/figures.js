// The figures of a result: Plotly's, drawn wherever the server has put their data, each with what
// it can be saved as. The library comes from this page's own origin, and only when there is a figure.

import { h } from "../dom.js";
import { csvOf, standalone, wrapped } from "./saving.js";

const LETTER = 7.6; // px, of a title's small line
const LINE = 17;

/** @type {(() => Promise<string>) | null} */
let given = null;
/** @type {Promise<any> | undefined} */
let library;

/**
 * Where the library's text comes from on a page without a server.
 * @param {() => Promise<string>} read
 */
export function plotlyFrom(read) {
  given = read;
}

function address() {
  return new URL("../plotly.js", import.meta.url).href;
}

async function source() {
  return given ? given() : (await fetch(address())).text();
}

function plotly() {
  library ??= loaded().then(() => /** @type {any} */ (window).Plotly);
  return library;
}

async function loaded() {
  if (given) {
    const script = h("script");
    script.textContent = await given();
    document.head.append(script); // runs at once
    return;
  }
  await new Promise((resolve, reject) => {
    const script = h("script", { src: address() });
    script.addEventListener("load", resolve);
    script.addEventListener("error", () => reject(new Error("plotly.js did not come")));
    document.head.append(script);
  });
}

export function watchFigures(element) {
  const drawAll = () => {
    for (const place of element.querySelectorAll("figure[data-plot]")) draw(place);
  };
  new MutationObserver(drawAll).observe(element, { childList: true, subtree: true });
  drawAll();
}

async function draw(place) {
  const figure = JSON.parse(place.dataset.plot);
  delete place.dataset.plot; // once
  const name = place.dataset.name;
  const host = h("div", { class: "plot" });
  place.append(host);
  try {
    const { newPlot, downloadImage } = await plotly();
    await newPlot(host, figure.data, fitted(figure.layout, place.clientWidth), {
      responsive: true,
      displaylogo: false,
      modeBarButtonsToRemove: ["select2d", "lasso2d"],
      toImageButtonOptions: { filename: name, scale: 2 },
    });
    place.append(saving(figure, name, (format) => downloadImage(host, { format, filename: name })));
  } catch (error) {
    host.textContent = `The figure could not be drawn (${error.message}); reload the page.`;
  }
}

// A title that is longer than the figure is wide takes more lines, and the picture begins lower.
function fitted(layout, width) {
  const [title, about = ""] = layout.title.text.split("<br>");
  const lead = about.slice(0, about.indexOf(">") + 1);
  const lines = wrapped(about.slice(lead.length).replace("</span>", ""), width / LETTER);
  const heads = wrapped(title.replace(/<\/?b>/g, ""), width / (1.5 * LETTER));
  const more = (lines.length - 1 + heads.length - 1) * LINE;
  const text = `<b>${heads.join("<br>")}</b><br>${lead}${lines.join("<br>")}</span>`;
  return {
    ...layout,
    dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom", // a finger scrolls the page
    height: layout.height + more,
    margin: { ...layout.margin, t: layout.margin.t + more },
    title: { ...layout.title, text },
  };
}

function saving(figure, name, picture) {
  const button = (label, act) => h("button", { type: "button", onclick: act }, label);
  const file = (text, type, ending) => {
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type })) });
    link.download = `${name}.${ending}`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  };
  const page = async () => {
    file(standalone(figure, await source(), name), "text/html", "html");
  };
  return h(
    "figcaption",
    {},
    "Save figure: ",
    button("PNG", () => picture("png")),
    button("SVG", () => picture("svg")),
    button("CSV", () => file(csvOf(figure.data), "text/csv", "csv")),
    button("HTML", page),
  );
}
