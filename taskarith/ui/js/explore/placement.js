// Where labels stand, so that none covers another, none leaves the picture, and no line strikes one
// through that matters. Pure: numbers and boxes in, numbers and boxes out; checked in Node.

/** @typedef {{left: number, right: number, top: number, bottom: number}} Box */
/** @typedef {{x: number, y: number}[]} Line */

/**
 * Labels beside the ends of lines, in the order of the ends, pushed apart. Where there is no room
 * for all, those of a low rank are left out.
 * @template {{at: number, rank: number}} T - `at`: where the line ends, in pixels from the top
 * @param {T[]} ends
 * @param {{top: number, bottom: number, gap: number}} room - of the labels' middles, and between
 * @returns {(T & {y: number})[]} from top to bottom
 */
export function stacked(ends, { top, bottom, gap }) {
  const capacity = Math.max(0, Math.floor((bottom - top) / gap) + 1);
  const ranked = ends.map((end, index) => ({ end, index }));
  ranked.sort((a, b) => b.end.rank - a.end.rank || a.index - b.index);
  const kept = ranked.slice(0, capacity);
  kept.sort((a, b) => a.end.at - b.end.at || a.index - b.index);
  const inside = (/** @type {number} */ y) => Math.max(top, Math.min(bottom, y));
  const placed = kept.map(({ end }) => ({ ...end, y: inside(end.at) }));
  for (let i = 1; i < placed.length; i++) {
    placed[i].y = Math.max(placed[i].y, placed[i - 1].y + gap);
  }
  for (let i = placed.length - 1; i >= 0; i--) {
    const limit = i === placed.length - 1 ? bottom : placed[i + 1].y - gap;
    placed[i].y = Math.min(placed[i].y, limit);
  }
  return placed;
}

const REACH = 18; // thirds of its height that a reading may stand above or below its dot
const AWAY = 1.2; // what its own height away from its dot costs, beside a grey line's 1

/** @param {Box} a @param {Box} b */
export function overlap(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/**
 * Places for the readings beside the cursor: within `bounds`, apart from each other and in the order
 * of their dots, near them, and where the fewest lines pass.
 * @param {{width: number, height: number, y: number}[]} readings - `y`: of the dot each is about
 * @param {{x: number, bounds: Box, gap: number, lines: {points: Line, weight: number}[]}} where -
 *   `gap`: between dot and reading
 * @returns {Box[]} one for each reading
 */
export function beside(readings, { x, bounds, gap, lines }) {
  const order = readings.map((_, index) => index).sort((a, b) => readings[a].y - readings[b].y);
  /** @type {Box[]} */
  const boxes = Array(readings.length);
  let { top } = bounds; // where the next may begin
  order.forEach((index, i) => {
    const below = order.slice(i + 1).reduce((sum, next) => sum + readings[next].height, 0);
    const room = { ...bounds, top, bottom: bounds.bottom - below };
    boxes[index] = cheapest(around(readings[index], { x, bounds: room, gap }), lines);
    top = boxes[index].bottom;
  });
  return boxes;
}

/**
 * The places that come into question, the nearest first; `far` is what their distance costs.
 * @param {{width: number, height: number, y: number}} reading
 * @param {{x: number, bounds: Box, gap: number}} where
 */
function around({ width, height, y }, { x, bounds, gap }) {
  const lefts = [1, 3, 6, 10, 14].flatMap((out) => [x + out * gap, x - out * gap - width]);
  const places = lefts.flatMap((left, i) =>
    Array.from({ length: 2 * REACH + 1 }, (_, step) => {
      const top = y - height / 2 + ((step - REACH) * height) / 3;
      const box = within({ left, top, width, height }, bounds);
      const away = Math.abs((box.top + box.bottom) / 2 - y) / height;
      return { box, far: AWAY * away + Math.floor(i / 2) };
    }),
  );
  const clear = places.filter(({ box }) => box.right <= x - gap / 2 || box.left >= x + gap / 2);
  return clear.sort((a, b) => a.far - b.far);
}

/**
 * @param {{left: number, top: number, width: number, height: number}} box
 * @param {Box} bounds
 * @returns {Box}
 */
function within({ left, top, width, height }, bounds) {
  const x = Math.max(bounds.left, Math.min(bounds.right - width, left));
  const y = Math.max(bounds.top, Math.min(bounds.bottom - height, top));
  return { left: x, right: x + width, top: y, bottom: y + height };
}

/**
 * The place with the least weight of lines through it, and of the way there.
 * @param {{box: Box, far: number}[]} places - rising in `far`
 * @param {{points: Line, weight: number}[]} lines
 */
function cheapest(places, lines) {
  let [best, least] = [places[0].box, Infinity];
  for (const { box, far } of places) {
    if (far >= least) break;
    let cost = far;
    for (const { points, weight } of lines) if (strikes(points, box)) cost += weight;
    if (cost < least) [best, least] = [box, cost];
  }
  return best;
}

/**
 * Whether a line passes through a box.
 * @param {Line} points
 * @param {Box} box
 */
export function strikes(points, box) {
  for (let i = 1; i < points.length; i++) {
    if (crosses(points[i - 1], points[i], box)) return true;
  }
  return false;
}

/**
 * Whether the segment from a to b passes through the box: clipped by its four sides in turn.
 * @param {{x: number, y: number}} a
 * @param {{x: number, y: number}} b
 * @param {Box} box
 */
function crosses(a, b, { left, right, top, bottom }) {
  let [from, to] = [0, 1];
  const sides = [
    [a.x - b.x, a.x - left],
    [b.x - a.x, right - a.x],
    [a.y - b.y, a.y - top],
    [b.y - a.y, bottom - a.y],
  ];
  for (const [slope, room] of sides) {
    if (slope === 0) {
      if (room < 0) return false;
    } else if (slope > 0) to = Math.min(to, room / slope);
    else from = Math.max(from, room / slope);
  }
  return from < to;
}
