// Which class the files of a picked folder belong to: folder/class/…/file, or folder/train/class/…/file.
// Knows paths; opens no file.

const PICTURE = /\.(png|jpe?g|jpe|jfif|webp|bmp|gif|tiff?|avif)$/i;
const SPLITS = ["train", "training", "validation", "valid", "val", "test", "testing"];
const LITTER = /^(\.|__MACOSX|Thumbs\.db$)/;

/** @typedef {{name: string, type?: string, webkitRelativePath?: string}} Picked */

/**
 * @template {Picked} F
 * @param {Iterable<F>} files
 * @returns {{classes: Map<string, F[]>, unused: number}} - what is no picture in a class folder is
 *   not used
 */
export function byFolder(files) {
  /** @type {Map<string, F[]>} */
  const classes = new Map();
  let unused = 0;
  for (const file of files) {
    const parts = (file.webkitRelativePath || file.name).split("/");
    if (parts.some((part) => LITTER.test(part))) continue;
    const folders = parts.slice(1, -1);
    if (folders.length > 1 && SPLITS.includes(folders[0].toLowerCase())) folders.shift();
    if (!folders.length || !(PICTURE.test(file.name) || file.type?.startsWith("image/"))) {
      unused += 1;
      continue;
    }
    const name = folders[0].replaceAll("_", " ");
    classes.set(name, [...(classes.get(name) ?? []), file]);
  }
  return { classes, unused };
}

/** @param {{classes: Map<string, unknown[]>, unused: number}} found @param {number} most */
export function toldFolder({ classes, unused }, most) {
  if (!classes.size) {
    return "There are no pictures in folders of it; it needs a folder of pictures for each class.";
  }
  const pictures = [...classes.values()].reduce((sum, files) => sum + files.length, 0);
  const more =
    classes.size > most ? ` At most ${most} classes are taught: remove some of the others.` : "";
  const rest = unused ? ` ${unused} other files are not used.` : "";
  return `${classes.size} classes, ${pictures} pictures.${rest}${more}`;
}
