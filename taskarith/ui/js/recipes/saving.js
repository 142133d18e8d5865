// What a figure is saved as: its numbers as CSV, and a page of its own. Pure; knows no browser.

const COLUMNS = ["trace", "x", "y", "z", "low", "high", "text"];

// One row a point, with the columns that some point has; names of columns are unique.
export function csvOf(traces) {
  const rows = traces.flatMap((trace) => (trace.z ? cells(trace) : points(trace)));
  const used = COLUMNS.filter((name) => rows.some((row) => row[name] !== undefined));
  const lines = rows.map((row) => used.map((name) => quoted(row[name])).join(","));
  return `${[used.join(","), ...lines].join("\n")}\n`;
}

function cells({ name, x, y, z }) {
  return z.flatMap((value, i) =>
    Array.isArray(value)
      ? value.map((cell, j) => ({ trace: name, x: x[j], y: y[i], z: cell }))
      : [{ trace: name, x: x[i], y: y[i], z: value }],
  );
}

function points(trace) {
  const { name, x = [], y = [], text } = trace;
  if (trace.hoverinfo === "skip") return []; // bands and rules: drawn, and told by their curve
  const [along, bars] = trace.error_x ? [x, trace.error_x] : [y, trace.error_y || {}];
  return x.map((value, i) => ({
    trace: name,
    x: value,
    y: y[i],
    low: bars.arrayminus ? along[i] - bars.arrayminus[i] : undefined,
    high: bars.array ? along[i] + bars.array[i] : undefined,
    text: Array.isArray(text) ? text[i] : undefined,
  }));
}

function quoted(value) {
  if (value === undefined || value === null) return "";
  const text = String(value).replace(/<br>/g, "");
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

// A page that needs nothing else: the library's own text stands in it.
export function standalone(figure, script, title) {
  const data = JSON.stringify(figure).replaceAll("<", "\\u003c");
  const named = title.replace(/[&<>]/g, "");
  return (
    `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${named}</title>` +
    `</head><body><div id="figure"></div><script>${script}</script><script>` +
    `const figure = ${data};` +
    'Plotly.newPlot("figure", figure.data, figure.layout, { responsive: true });' +
    "</script></body></html>"
  );
}

// The words of a title in lines of at most so many letters.
export function wrapped(text, letters) {
  const lines = [""];
  for (const word of text.split(" ")) {
    const last = lines.length - 1;
    const longer = lines[last] ? `${lines[last]} ${word}` : word;
    if (longer.length > letters && lines[last]) lines.push(word);
    else lines[last] = longer;
  }
  return lines;
}
