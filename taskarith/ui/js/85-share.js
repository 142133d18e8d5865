// Taking things away: links, files, pictures, a Python snippet. Knows how, not what is measured.

function download(name, content, type) {
  const url = URL.createObjectURL(new Blob([content], { type }));
  const link = h("a", { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

async function copyText(text) {
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

// Inside a Space the address bar belongs to another page: the link is the Space's own.
function linkTo(state, spaceUrl) {
  const base = spaceUrl || location.origin + location.pathname;
  return `${base}?${state.toQuery()}`;
}

function csvOf(rows) {
  const cell = (value) => (/[",\n]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"`
    : String(value ?? ""));
  return rows.map((row) => row.map(cell).join(",")).join("\n") + "\n";
}

// What is on screen, as rows: the bars at the edit in hand, then every measured point of the curve.
function tableOnScreen(view, { found, split }) {
  const { focus, coefficients, measure } = view.state;
  const head = ["where", "coefficient", "task", "accuracy", "low", "high", "n", "split", "source",
    "zero_shot", "fine_tuned", measure];
  const rows = [[`# ${formula(coefficients)}`], head];
  const row = (where, x, task, point, source, of) => {
    const { pretrained, finetuned } = view.references(task.name);
    const scaled = view.scales.get(task.name);
    return [where, x, task.name, point.accuracy, point.low, point.high, point.n, of,
      source, pretrained, finetuned, scaled(point.accuracy)];
  };
  for (const task of view.visible()) {
    const point = found(task.name);
    if (point) {
      const source = point.kind === "preview" || point.kind === "between"
        ? point.kind : point.source;
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

// The chart as it is on screen, with the overlay's cursor and labels made part of the figure.
async function pictureOf(chart, { format, title }) {
  const { data, layout } = chart.figure();
  const { scene, frame } = chart;
  const colours = chart.style[scene.theme].colours;
  const line = (axis, value, colour, dash) => ({
    type: "line", [`${axis}0`]: value, [`${axis}1`]: value,
    [axis === "x" ? "y0" : "x0"]: 0, [axis === "x" ? "y1" : "x1"]: 1,
    [axis === "x" ? "yref" : "xref"]: "paper", line: { color: colour, width: 2, dash },
  });
  layout.shapes = [line("x", chart.overlay.state.x, colours.target, "solid")];
  for (const rule of scene.rules) layout.shapes.push(line("y", rule.y, colours.control, "dash"));
  layout.annotations = [...chart.overlay.labels.querySelectorAll("text")].map((text) => ({
    xref: "paper", yref: "paper", x: 1, xanchor: "left", xshift: 18, showarrow: false,
    y: (frame.bottom + 5 * frame.unit - Number(text.getAttribute("y")))
      / (frame.bottom - frame.top),
    yanchor: "middle", text: text.textContent,
    font: { color: getComputedStyle(text).fill, size: 15 },
  }));
  for (const series of scene.series) {
    const dashed = series.preview.filter((point) => point.y !== null);
    if (dashed.length) {
      data.push({
        type: "scatter", mode: "lines", x: series.preview.map((p) => p.x),
        y: series.preview.map((p) => p.y), name: `${series.title} (preview)`,
        line: { color: colours[series.role], width: 2, dash: "dot" },
      });
    }
  }
  layout.title = { text: title, font: { size: 18 }, x: 0.02, xanchor: "left" };
  layout.margin.t += 44;
  layout.height += 44;
  const scale = format === "png" ? 2 : 1;
  const url = await window.taskarithPlotly.toImage(
    { data, layout }, { format, width: layout.width, height: layout.height, scale }
  );
  return url;
}
