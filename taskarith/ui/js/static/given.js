// What a page without a server was given: written inside it, or as a file beside it.

/**
 * @param {Document} page
 * @param {string} name - the id of a script element that holds it, or of a link that names it
 * @returns {Promise<string>}
 */
export async function given(page, name) {
  const node = page.getElementById(name);
  if (!(node instanceof HTMLLinkElement)) return node?.textContent ?? "";
  return (await fetch(node.href)).text();
}

/**
 * The same, where it may have been gzipped and written in base64.
 * @param {Document} page
 * @param {string} name
 */
export async function unpacked(page, name) {
  const text = await given(page, name);
  if (page.getElementById(name) instanceof HTMLLinkElement) return text;
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}
