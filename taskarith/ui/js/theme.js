// Light or dark: Gradio says so with a class on the page's body, and we follow.

export function theme() {
  return document.body.classList.contains("dark") ? "dark" : "light";
}
