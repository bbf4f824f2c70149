"""The page's modules as one script: a file opened without a server can load no others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

__all__ = ["bundle", "without_comments"]

_IMPORT = re.compile(
    r'^import\s+(?:(\{[^}]*\}|\*\s+as\s+\w+)\s+from\s+)?"\.{1,2}/(?:\w+/)?([\w.-]+)";?[ \t]*$', re.MULTILINE
)
_EXPORT = re.compile(r"^export\s+((?:async\s+)?(?:function\*?|class|const)\s+(\w+))", re.MULTILINE)
_LIST = re.compile(r"^export\s+\{([^}]*)\};?[ \t]*$", re.MULTILINE)
_ANY = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def bundle(modules: Mapping[str, str], entries: Sequence[str]) -> str:
    r"""Return one script that does what the modules do: each is a function that returns its exports.

    Parameters
    ----------
    modules : mapping of str to str
        Text by file name; they import each other by paths, whole lines with names in braces, and export
        functions, classes, constants and lists of names. None of them assigns to what it exports later.
    entries : sequence of str
        Those to run, in this order; what they import comes before them.

    Examples
    --------
    >>> print(bundle({"a.js": 'import { b } from "./b.js";\nb();', "b.js": "export function b() {}"}, ["a.js"]))
    const $b_js = (() => {
    function b() {}
    return { b };
    })();
    const $a_js = (() => {
    const { b } = $b_js;
    b();
    return {  };
    })();
    """
    done: dict[str, str] = {}
    for entry in entries:
        _add(entry, modules, done, ())
    return "\n".join(done.values())


def _add(name: str, modules: Mapping[str, str], done: dict[str, str], above: tuple[str, ...]) -> None:
    """Add a module after all that it imports."""
    if name in done:
        return
    if name in above:
        message = f"bundle: modules import each other in a circle, {' -> '.join((*above, name))}; they must not"
        raise ValueError(message)
    text = without_comments(modules[name])
    for found in _IMPORT.finditer(text):
        _add(found[2], modules, done, (*above, name))
        _check_names(name, found, modules[found[2]])
    done[name] = _function(name, text)


def _check_names(name: str, found: re.Match[str], text: str) -> None:
    """Refuse an import of what the other module does not export: in one script it would be undefined until used."""
    if found[1] is None or found[1].startswith("*"):
        return
    asked = {part.split()[0] for part in found[1].strip("{} \n").split(",") if part.strip()}
    given = {match[2] for match in _EXPORT.finditer(text)}
    given |= {part.split()[-1] for match in _LIST.finditer(text) for part in match[1].split(",") if part.strip()}
    if asked - given:
        fact = f"{found[2]} does not export {', '.join(sorted(asked - given))}"
        message = f"bundle: {fact}; it must export what {name} imports"
        raise ValueError(message)


def _function(name: str, text: str) -> str:
    exports: list[str] = []

    def taken(found: re.Match[str]) -> str:
        if found[1] is None:
            return ""
        names = found[1].replace("* as ", "") if found[1].startswith("*") else re.sub(r"\bas\b", ":", found[1])
        return f"const {names} = {_variable(found[2])};"

    def given(found: re.Match[str]) -> str:
        exports.append(found[2])
        return found[1]

    def listed(found: re.Match[str]) -> str:
        pairs = [part.split() for part in found[1].split(",") if part.strip()]
        exports.extend(f"{pair[-1]}: {pair[0]}" if len(pair) == 3 else pair[0] for pair in pairs)
        return ""

    body = _LIST.sub(listed, _EXPORT.sub(given, _IMPORT.sub(taken, text))).strip("\n")
    left = _ANY.search(body)
    if left is not None:
        message = f"bundle: {name} has {left[0]!r}; it must import and export in the known forms"
        raise ValueError(message)
    return f"const {_variable(name)} = (() => {{\n{body}\nreturn {{ {', '.join(exports)} }};\n}})();"


def _variable(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name)


def without_comments(text: str) -> str:
    """Return code without comments that stand in lines of their own, and without the blanks before lines."""
    text = re.sub(r"^[ \t]*/\*\*?(?=\s).*?\*/[ \t]*\n", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = (line.strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line and not line.startswith("// "))
