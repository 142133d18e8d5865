// Entry: Gradio runs the concatenated parts with `element`, `props` and `server` in scope.

(async () => {
  const root = element.querySelector(".taskarith");
  const say = (text) => { root.querySelector(".starting").textContent = text; };
  const suite = new URLSearchParams(location.search).get("suite") || undefined;
  for (let wait = 300; ; wait = Math.min(5000, 2 * wait)) {
    const hello = await server.hello({ suite });
    if (hello && !hello.error) {
      const page = new Page(root, { hello, server });
      root.dataset.state = "open";
      element.closest("#instrument").page = page; // for tests, benchmarks and the curious
      return;
    }
    say(hello ? hello.error : "Waiting for the server…");
    await new Promise((resolve) => { setTimeout(resolve, wait); });
  }
})();
