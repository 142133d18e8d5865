// Taking things away: links, files, pictures, a Python snippet. Knows how, not what is measured.

import { h, svg } from "../dom.js";
import { formula } from "../words.js";

export function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

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

export function csvOf(rows) {
  const cell = (value) =>
    /[",\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value ?? "");
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

// What is on screen, as rows: the bars at the edit in hand, then every measured point of the curve.
export function tableOnScreen(view, { found, store, split }) {
  const { focus, coefficients, measure } = view.state;
  const head = [
    "where",
    "coefficient",
    "task",
    "accuracy",
    "low",
    "high",
    "n",
    "split",
    "source",
    "zero_shot",
    "fine_tuned",
    measure,
  ];
  const rows = [[`# ${formula(coefficients)}`], head];
  const row = (where, x, task, point, source, of) => {
    const from = where === "edit" ? store : view.measurements;
    const { pretrained, finetuned } = view.references(task.name, from);
    return [
      where,
      x,
      task.name,
      point.value,
      point.low,
      point.high,
      point.n,
      of,
      source,
      pretrained,
      finetuned,
      view.scaled(task, from)(point.value),
    ];
  };
  for (const task of view.listed(store)) {
    const point = found(task.name);
    if (point) {
      const source =
        point.kind === "preview" || point.kind === "between" ? point.kind : point.source;
      rows.push(row("edit", coefficients[focus] || 0, task, point, source, split));
    }
  }
  for (const task of view.visible()) {
    for (const node of view.slice.nodes(task.name)) {
      rows.push(row("curve", node.x, task, node, node.source, "validation"));
    }
  }
  return rows;
}

// What makes an element look as it does; in a file of its own no style sheet says so.
export const LOOK = [
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

export function withItsLook(node) {
  const twin = node.cloneNode(false);
  if (node.nodeType !== Node.ELEMENT_NODE) return twin;
  const look = getComputedStyle(node);
  for (const name of LOOK) twin.setAttribute(name, look.getPropertyValue(name));
  for (const name of ["style", "class"]) twin.removeAttribute(name);
  twin.append(...[...node.childNodes].map(withItsLook));
  return twin;
}

// The chart as it is on screen, under its title, as the text of an SVG file.
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
      title,
    ),
    ...parts,
  );
  return new XMLSerializer().serializeToString(whole);
}

// The same picture as pixels, twice as many as on screen.
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
