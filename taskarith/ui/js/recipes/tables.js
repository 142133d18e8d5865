// Tables whose rows follow a press on a column's head: rising, falling, rising.

export function sortTables(element) {
  element.addEventListener("click", (event) => {
    const head = event.target.closest("th[aria-sort] > button")?.parentElement;
    if (head) sortBy(head);
  });
}

function sortBy(head) {
  const falling = head.getAttribute("aria-sort") === "ascending";
  for (const other of head.parentElement.children) other.setAttribute("aria-sort", "none");
  head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  const body = head.closest("table").tBodies[0];
  const place = [...head.parentElement.children].indexOf(head);
  const rows = [...body.rows].sort((a, b) => compared(a.cells[place], b.cells[place]));
  body.append(...(falling ? rows.reverse() : rows));
}

// Numbers by what they are, words by their letters; what is empty comes first.
function compared(one, two) {
  const [a, b] = [one, two].map((cell) => cell.dataset.value);
  if (a !== undefined && b !== undefined) return Number(a) - Number(b);
  if (a !== undefined || b !== undefined) return a === undefined ? -1 : 1;
  return one.textContent.localeCompare(two.textContent);
}
