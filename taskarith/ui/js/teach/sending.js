// Sends files to the server, in parts, and gives the paths under which it knows them.

const AT_ONCE = 50; // files in one request

/** @param {string} address - a data address @returns {Blob} */
export function blobOf(address) {
  const [head, body] = address.split(",");
  const bytes = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: head.slice(5).split(";")[0] });
}

/**
 * @param {{blob: Blob, name: string}[]} files
 * @param {(sent: number) => void} told - how many are there
 * @returns {Promise<string[]>}
 */
export async function send(files, told) {
  /** @type {{root?: string, api_prefix?: string}} */
  const config = /** @type {any} */ (window).gradio_config ?? {};
  const root = (config.root ?? "").replace(/\/$/, "");
  const address = `${root}${config.api_prefix ?? "/gradio_api"}/upload`;
  /** @type {string[]} */
  const paths = [];
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const form = new FormData();
    for (const { blob, name } of files.slice(start, start + AT_ONCE)) {
      form.append("files", blob, name);
    }
    const answer = await fetch(address, { method: "POST", body: form });
    if (!answer.ok) throw new Error((await answer.text()).slice(0, 200));
    paths.push(...(await answer.json()));
    told(paths.length);
  }
  return paths;
}
