"""Makes a page of every notebook of the gallery and the course, in the order of the list in their ``index.md``.

A notebook keeps its outputs, so nothing is run here: ``run_notebooks.py`` beside this file writes them. What a cell
tagged ``page`` writes, the playground in one file, is the exception: it is made anew, for it is too large to keep.
"""

import base64
import html
import re
import tempfile
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import nbformat
from mkdocs.structure.files import File

ROOMS = ("gallery", "course")
DOCS = Path(__file__).parents[1]
# Lines of code that draw a cover.
FOLDED_FROM = 12


def names_of(room: str) -> list[str]:
    """Return the names of the notebooks of a room, as its ``index.md`` lists them."""
    text = (DOCS / room / "index.md").read_text(encoding="utf-8")
    return list(dict.fromkeys(re.findall(r"\]\(([\w-]+)\.ipynb\)", text)))


def on_config(config: Any) -> Any:
    """Put the notebooks of a room below its page in the navigation."""
    _extend(config.nav)
    return config


def _extend(entries: list[Any]) -> None:
    for entry in entries:
        for inside in entry.values() if isinstance(entry, dict) else ():
            if isinstance(inside, list):
                room = inside[0].removesuffix("/index.md") if isinstance(inside[0], str) else ""
                if room in ROOMS and len(inside) == 1:
                    inside.extend(f"{room}/{name}.md" for name in names_of(room))
                _extend(inside)


def on_files(files: Any, config: Any) -> Any:
    """Add the page, the pictures and the playground of every notebook."""
    for room in ROOMS:
        for name in names_of(room):
            notebook = nbformat.read(DOCS / room / f"{name}.ipynb", as_version=4)
            text, others = page_of(notebook, name)
            files.append(File.generated(config, f"{room}/{name}.md", content=text))
            for path, content in others.items():
                files.append(File.generated(config, f"{room}/{path}", content=content))
    return files


def on_page_markdown(markdown: str, page: Any, **more: Any) -> str:
    """Let links to notebooks lead to their pages, and show the covers on the gallery's own."""
    folder = page.file.src_uri.rpartition("/")[0]
    if folder in ROOMS and page.file.src_uri.endswith("/index.md"):
        markdown = re.sub(r"^- \[([^\]]+)\]\(([\w-]+)\.ipynb\):? ?(.*(?:\n  .*)*)", _card, markdown, flags=re.MULTILINE)
    # The download at the foot of a notebook's page is the one link that leads to the file itself.
    return re.sub(r"(\]\([\w./-]+)\.ipynb(#[\w-]+)?\)(?!\{download)", r"\1.md\2)", markdown)


def _card(found: re.Match[str]) -> str:
    title, name, text = found.groups()
    picture = f"[![]({'covers/' + name}.png){{ loading=lazy }}]({name}.ipynb)\n\n"
    return f'<div class="card" markdown>\n\n{picture}**[{title}]({name}.ipynb)**: {" ".join(text.split())}\n\n</div>\n'


def page_of(notebook: Any, name: str) -> tuple[str, dict[str, bytes]]:
    """Return a notebook as Markdown, and its files: pictures, and the page that it writes."""
    parts, files = [], {}
    for number, cell in enumerate(notebook.cells):
        if cell.cell_type == "markdown":
            parts.append(cell.source.replace("<details>", "<details markdown>"))
            continue
        parts.append(_code(cell))
        for place, output in enumerate(cell.outputs):
            if "cover" in cell.metadata.get("tags", ()) and "image/png" in output.get("data", ()):
                if not _is_folded(cell):
                    parts.append("*(the picture at the top)*")
                continue
            shown, picture = _output(output, f"{name}-{number}-{place}.png")
            parts.append(shown)
            files |= picture
        if "page" in cell.metadata.get("tags", ()):
            (written,) = written_by(cell.source)
            files[f"{name}-page.html"] = written
            source = f'src="{name}-page.html" title="The page that this code writes" loading="lazy"'
            parts.append(f'<iframe {source} class="play"></iframe>')
            parts.append(f'<p><a href="{name}-page.html">Open this page by itself</a></p>')
    parts.append(f"[Download this notebook]({name}.ipynb){{download}}")
    return "\n\n".join(parts) + "\n", files


def _is_folded(cell: Any) -> bool:
    """Return whether the code of a cell is folded away: it is long and only draws the picture at the top."""
    return "cover" in cell.metadata.get("tags", ()) and cell.source.count("\n") >= FOLDED_FROM


def _code(cell: Any) -> str:
    code = f"```python\n{cell.source}\n```"
    if _is_folded(cell):
        return f"<details markdown><summary>The code of this picture</summary>\n\n{code}\n\n</details>"
    return code


def _output(output: Any, path: str) -> tuple[str, dict[str, bytes]]:
    if output.output_type == "stream":
        return f"```text\n{output.text.rstrip()}\n```", {}
    if output.output_type == "error":
        return f"```text\n{output.ename}: {output.evalue}\n```", {}
    if "image/png" in output.data:
        return f"![]({path})", {path: base64.b64decode(output.data["image/png"])}
    if "text/html" in output.data:
        # Blank lines would end the block of HTML.
        return '<div class="shown">\n' + re.sub(r"\n\s*\n", "\n", output.data["text/html"]) + "\n</div>", {}
    return f"```text\n{output.data['text/plain'].rstrip()}\n```", {}


def written_by(code: str) -> list[bytes]:
    """Return the pages that the code of one cell writes; it must need no other cell."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder), redirect_stdout(StringIO()):
        exec(compile(code, "page", "exec"), {})
        return [path.read_bytes() for path in sorted(Path(folder).glob("*.html"))]


def on_post_page(output: str, page: Any, **more: Any) -> str:
    """Describe the pictures that code drew by the page that they are on."""
    title = html.escape(page.title or "", quote=True)
    return output.replace('<img alt="" src=', f'<img alt="{title}" src=')
