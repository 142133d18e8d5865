// Entry: the explorer in any element, measured by any backend.

import { addressBar } from "./address.js";
import { Page } from "./page.js";

/**
 * Show the explorer in `root` once the backend says hello, trying again while it does not.
 * @param {HTMLElement} root - emptied; its style sheet is `instrument.css`
 * @param {import("../types.js").Backend} backend
 * @param {{address?: import("../types.js").Address, guest?: boolean, signal?: AbortSignal}} [options]
 *   - `address`: where the edit is written; this window's address bar unless told otherwise.
 *   `guest`: whether the document is somebody else's, a notebook say: then keys are heard in `root`
 *   alone, and there are no links. `signal`: of giving up
 * @returns {Promise<Page | null>} the page; `page.unmount()` takes it down again. null if given up
 */
export async function mount(root, backend, options = {}) {
  root.classList.add("taskarith");
  const query = (options.address ?? addressBar()).read();
  const suite = new URLSearchParams(query).get("suite") || undefined;
  for (let wait = 300; ; wait = Math.min(5000, 2 * wait)) {
    const hello = await backend.hello({ suite });
    if (options.signal?.aborted) return null;
    if (hello && !hello.error) {
      const address = options.address ?? addressBar(hello.space);
      const page = new Page(root, { hello, backend, address, guest: options.guest });
      root.dataset.state = "open";
      return page;
    }
    say(root, hello ? hello.error : "Waiting for the server…");
    await new Promise((resolve) => {
      setTimeout(resolve, wait);
    });
  }
}

function say(root, text) {
  let said = root.querySelector(".starting");
  if (!said) {
    said = document.createElement("p");
    said.className = "starting";
    root.replaceChildren(said);
  }
  said.textContent = text;
}
