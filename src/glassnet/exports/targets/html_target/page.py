"""The HTML target: prints a plan as one page with a form, and runs its script in node."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path

from glassnet.exports.header import header_lines
from glassnet.exports.plan import Plan
from glassnet.exports.proof import Proof
from glassnet.exports.referee import Rows
from glassnet.exports.targets.js_target import js_file, running
from glassnet.exports.targets.js_target.script import classic_script, global_name, script_body
from glassnet.exports.targets.target import CannotRun, Options, Run
from glassnet.utils.wording import shortened

__all__ = ["print_plan", "refusal", "run_file"]

_BARS = {"classes": "Probabilities", "labels": "Probabilities", "numbers": "Numbers", "quantiles": "Quantiles"}
_LONGEST_NAME = 80


def refusal(plan: Plan, options: Options) -> str:
    """Return why a page cannot hold a plan, or "" if it can."""
    return js_file.refusal(plan, options).replace("JavaScript", "the page")


def print_plan(plan: Plan, proof: Proof, options: Options) -> Mapping[str, bytes]:
    """Return the page."""
    style = _bare(_text("page.css"))
    model = "\n" + _bare(classic_script(plan, proof, script_body(plan, proof)))
    page = "\n" + _bare(_text("page.js")) + f"(globalThis.{global_name(plan)});\n"
    name = html.escape(_shown(plan.name))
    texts = {
        "policy": _policy(style, [model, page]),
        "title": name,
        "style": style,
        "about": html.escape(_sentence(plan)),
        "target": html.escape(_target(plan)),
        "bars": _BARS[plan.answer.kind],
        "columns": "these columns, by name" if plan.is_table else f"{plan.x.size:,} columns of numbers",
        "facts": "".join(f"<li>{html.escape(line)}</li>" for line in header_lines(plan, proof, "double precision")),
        "model": model,
        "page": page,
    }
    template = re.split(r"\{(\w+)\}", _text("page.html"))
    filled = "".join(texts[part] if i % 2 else part for i, part in enumerate(template))
    return {".html": filled.encode()}


def _sentence(plan: Plan) -> str:
    n = len(plan.fields) or plan.x.size
    what = "column" if plan.is_table else "number"
    target = _target(plan)
    return f"{'A prediction' if target == 'Prediction' else f'Predicts {target}'} from {n:,} {what}{'s' * (n > 1)}."


def _target(plan: Plan) -> str:
    """Return the name of what is predicted, or a word where it has none of its own."""
    nameless = ("",) if plan.is_table else ("", "target")
    return "Prediction" if plan.answer.target in nameless else _shown(plan.answer.target)


def _shown(text: str) -> str:
    """Return a text for people on one line, cut if it is long."""
    return shortened(" ".join("".join(c if c.isprintable() else " " for c in text).split()), _LONGEST_NAME, "...")


def _policy(style: str, scripts: list[str]) -> str:
    """Return the rules of the page: no source of anything but its own style and scripts."""
    hashes = " ".join(map(_hash, scripts))
    return (
        f"default-src 'none'; style-src {_hash(style)}; script-src {hashes}; base-uri 'none'; form-action 'none'; "
        "require-trusted-types-for 'script'; trusted-types"
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _bare(text: str) -> str:
    """Return code without the comments that stand in lines of their own, and without the blanks before lines."""
    text = re.sub(r"^ */\*\*?(?=\s).*?\*/\n", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = (re.sub(r" // \d+( x \d+)*$", "", line.strip()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("// ")) + "\n"


def _text(name: str) -> str:
    return (resources.files(__package__) / name).read_text(encoding="utf-8")


def run_file(path: Path, plan: Plan, rows: Rows) -> Run:
    """Run the script of a page in node for rows, and its self-test.

    Raises
    ------
    CannotRun
        Node is not installed, or the page has no script.
    """
    found = re.search(r"<script>(.*?)</script>", Path(path).read_text(encoding="utf-8"), re.DOTALL)
    if found is None:
        reason = "the page has no script"
        raise CannotRun(reason)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "model.cjs"
        script.write_text(found[1], encoding="utf-8")
        run = running.run_file(script, plan, rows)
    return replace(run, ran_in=f"{run.ran_in}, without the form")
