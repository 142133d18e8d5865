// Taking things away: files and pictures. Knows how, not what is measured.

import { h, svg } from "../dom.js";
import { fitted } from "./textwidth.js";

/**
 * @param {string} name
 * @param {BlobPart} content
 * @param {string} type
 */
export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

/** @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without permission (a frame, plain http) the old way still works.
    const area = h("textarea", { style: "position:fixed;opacity:0" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

// What makes an element look as it does; in a file of its own no style sheet says so.
const LOOK = [
  "fill",
  "stroke",
  "stroke-width",
  "stroke-dasharray",
  "stroke-linecap",
  "stroke-linejoin",
  "paint-order",
  "opacity",
  "display",
  "font-family",
  "font-size",
  "font-weight",
  "font-variant-numeric",
  "text-anchor",
];

/**
 * @param {any} node
 * @returns {any}
 */
function withItsLook(node) {
  const twin = node.cloneNode(false);
  if (node.nodeType !== Node.ELEMENT_NODE) return twin;
  const look = getComputedStyle(node);
  for (const name of LOOK) twin.setAttribute(name, look.getPropertyValue(name));
  for (const name of ["style", "class"]) twin.removeAttribute(name);
  twin.append(...[...node.childNodes].map(withItsLook));
  return twin;
}

/**
 * The chart as it is on screen, under its title, as the text of an SVG file.
 * @param {import("./chart.js").Chart} chart
 * @param {{title: string, ink: string, paper: string}} how
 */
export function pictureOf(chart, { title, ink, paper }) {
  const {
    size: { width, height },
    unit: u,
  } = chart.frame;
  const above = 40 * u;
  const parts = [chart.curves.root, chart.overlay.root].map(withItsLook);
  for (const part of parts) {
    for (const [name, value] of Object.entries({ y: above, width, height })) {
      part.setAttribute(name, value);
    }
  }
  const whole = svg(
    "svg",
    { width, height: height + above, viewBox: `0 0 ${width} ${height + above}` },
    svg("rect", { width, height: height + above, fill: paper }),
    svg(
      "text",
      {
        x: 16 * u,
        y: 27 * u,
        fill: ink,
        "font-size": 20 * u,
        "font-family": "Georgia, serif",
      },
      fitted(title, width - 32 * u, { size: 20 * u, family: "Georgia, serif" }),
    ),
    ...parts,
  );
  return new XMLSerializer().serializeToString(whole);
}

/**
 * The same picture as pixels, twice as many as on screen.
 * @param {string} picture
 * @returns {Promise<Blob>}
 */
export async function pixelsOf(picture) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(picture)}`;
  await image.decode();
  const canvas = h("canvas", { width: 2 * image.width, height: 2 * image.height });
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => {
    canvas.toBlob(resolve, "image/png");
  });
}
