"""A button that picks a folder of class folders, with each picture's folder kept in its name.

Gradio's own file picker forgets in which folder a file was. Its value is a list of uploaded files
as JSON text, named "CLASS__NAME"; whoever takes it checks every one.
"""

import gradio as gr

__all__ = ["folder_picker"]

AT_ONCE = 50  # files in one request

TEMPLATE = """
<label class="pick"><input type="file" webkitdirectory multiple>
<span>Pick a folder of yours</span></label> <span class="said" role="status"></span>
"""

SCRIPT = f"""
const suffixes = /[.](png|jpe?g|webp|bmp|gif|tiff?)$/i;
element.addEventListener("change", async (event) => {{
  const said = (text) => {{ element.querySelector(".said").textContent = text; }};
  const picked = [...event.target.files].filter((file) => suffixes.test(file.name));
  const named = picked.map((file) => {{
    const [name, label = ""] = file.webkitRelativePath.split("/").reverse();
    return [file, `${{label.replaceAll("__", "_")}}__${{name}}`];
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
    const classes = new Set(named.map(([, name]) => name.split("__")[0]));
    props.value = JSON.stringify(paths);
    said(`${{paths.length}} pictures in ${{classes.size}} folders`);
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
