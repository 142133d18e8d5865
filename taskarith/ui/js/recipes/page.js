// What the server writes into the Recipes page and cannot do itself: figures, and tables that sort.

import { watchFigures } from "./figures.js";
import { sortTables } from "./tables.js";

export function start(element) {
  watchFigures(element);
  sortTables(element);
}
