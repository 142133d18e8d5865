"""A button that picks a folder of class folders, with each picture's folder kept in its name.

Gradio's own file picker forgets in which folder a file was. Its value is a list of uploaded files
as JSON text, named after their place in the folder, "CLASS__NAME" or "SPLIT__CLASS__NAME"; whoever
takes it checks every one. What is not sent is named.
"""

import gradio as gr

__all__ = ["folder_picker"]

AT_ONCE = 50  # files in one request

TEMPLATE = """
<label class="pick"><input type="file" webkitdirectory multiple>
<span>Pick a folder of yours</span></label> <span class="said" role="status"></span>
"""

SCRIPT = f"""
const suffixes = /[.](png|jpe?g|jpe|jfif|webp|bmp|gif|tiff?|avif)$|^[^.]+$/i;
element.addEventListener("change", async (event) => {{
  const said = (text) => {{ element.querySelector(".said").textContent = text; }};
  const files = [...event.target.files].filter((file) => !file.name.startsWith("."));
  const picked = files.filter((file) => suffixes.test(file.name));
  const others = files.filter((file) => !suffixes.test(file.name)).map((file) => file.name);
  const unsent = others.length
    ? `; not sent: ${{others.slice(0, 5).join(", ")}}` +
      (others.length > 5 ? ` and ${{others.length - 5}} more` : "")
    : "";
  const named = picked.map((file) => {{
    const parts = file.webkitRelativePath.split("/").slice(1);
    return [file, parts.map((part) => part.replaceAll(/__+/g, "_")).join("__")];
  }});
  const paths = [];
  try {{
    for (let start = 0; start < named.length; start += {AT_ONCE}) {{
      const form = new FormData();
      for (const [file, name] of named.slice(start, start + {AT_ONCE})) {{
        form.append("files", file, name);
      }}
      const root = (window.gradio_config.root || "").replace(/[/]$/, "");
      const prefix = window.gradio_config.api_prefix || "/gradio_api";
      const answer = await fetch(`${{root}}${{prefix}}/upload`, {{ method: "POST", body: form }});
      if (!answer.ok) throw new Error(await answer.text());
      paths.push(...(await answer.json()));
      said(`${{paths.length}} of ${{named.length}} pictures are here…`);
    }}
    const places = new Set(named.map(([, name]) => name.split("__").slice(0, -1).join("/")));
    props.value = JSON.stringify(paths);
    said(`${{paths.length}} pictures in ${{places.size}} folders${{unsent}}`);
  }} catch (error) {{
    props.value = "";
    said(`The pictures could not be sent: ${{String(error.message).slice(0, 200)}}. Try again.`);
  }}
  trigger("change");
}});
"""


def folder_picker() -> gr.HTML:
    """The component, made where it stands in the page."""
    return gr.HTML(
        value="",
        html_template=TEMPLATE,
        js_on_load=SCRIPT,
        apply_default_css=False,
        elem_id="folder-picker",
    )
