"""Runs the notebooks of the gallery and the course and keeps what they show.

    python docs/_site/run_notebooks.py                      # all of them
    python docs/_site/run_notebooks.py docs/gallery/x.ipynb

Each runs in an empty folder, and everything that changes from one run to the next is left out: times, identifiers, the
text of a picture. The picture of the cell tagged ``cover`` becomes ``covers/NAME.png``, which the first cell shows.
"""

import base64
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

DOCS = Path(__file__).parents[1]
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

# The lines that `fit`, `sweep` and others keep up to date while they train.
_PROGRESS = re.compile(r"^epoch \d.* rows/s |^[\d,]+ \w+ (trained|interrupted) in ", re.MULTILINE)


def executed(path: Path) -> Any:
    """Return a notebook with the outputs of a run of today."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        place = {"metadata": {"path": folder}}
        quiet = ["--log-level=ERROR"]
        NotebookClient(notebook, timeout=300, kernel_name="python3", resources=place, extra_arguments=quiet).execute()
    tidy(notebook)
    return notebook


def tidy(notebook: Any) -> None:
    """Leave nothing in a notebook that another run would write otherwise."""
    notebook.metadata = nbformat.from_dict(METADATA)
    run = 0
    for number, cell in enumerate(notebook.cells):
        cell.id = f"cell-{number}"
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type == "code":
            run += 1
            cell.execution_count = run
            cell.outputs = _joined(cell.outputs)
            for output in cell.outputs:
                _tidy_output(output, run)


def _joined(outputs: list[Any]) -> list[Any]:
    """Return outputs without lines of progress, and with pieces of one stream, however the kernel cut them, as one."""
    found: list[Any] = []
    for output in outputs:
        if _PROGRESS.search(output.get("data", {}).get("text/plain", "")):
            continue
        if found and output.output_type == found[-1].output_type == "stream" and output.name == found[-1].name:
            found[-1].text += output.text
        else:
            found.append(output)
    return found


def _tidy_output(output: Any, run: int) -> None:
    if "execution_count" in output:
        output.execution_count = run
    if "data" in output:
        output.metadata = nbformat.from_dict({})
        if "image/png" in output.data:
            output.data.pop("text/plain", None)


def cover_of(notebook: Any) -> bytes | None:
    """Return the picture of the cell that is tagged ``cover``."""
    for cell in notebook.cells:
        if "cover" in cell.metadata.get("tags", ()):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
    return None


def main(names: list[str]) -> None:
    """Run the notebooks that are named, or all, and write them back."""
    paths = [Path(name) for name in names] or sorted([*DOCS.glob("gallery/*.ipynb"), *DOCS.glob("course/*.ipynb")])
    for path in paths:
        notebook = executed(path)
        nbformat.write(notebook, path)
        if cover := cover_of(notebook):
            (path.parent / "covers" / f"{path.stem}.png").write_bytes(cover)
        print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
