"""What the API pages show, as an extension of griffe: by rules, so that a new layer or loss appears by itself."""

import re
from typing import Any

import griffe

ACTIVATIONS = "glassnet.layers.activations"


class PublicNames(griffe.Extension):
    """Shows what a user would import from a room: ``__all__`` without lookup tables, type aliases and converters.

    The activations have a page of their own, so the page of all layers leaves them out.
    """

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Narrow the exports of every module, which is what the filter ``public`` goes by."""
        if pkg.path == "glassnet":  # others are loaded too, to resolve names
            narrow(pkg, set(map(str, pkg.exports or ())))

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Take the ``::`` in front of indented blocks from docstrings: Markdown knows the block by its indent."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^::$\n|(?<=\w:):$", "", obj.docstring.value, flags=re.MULTILINE)


def narrow(module: griffe.Module, first: set[str]) -> None:
    """Take from the exports what no page should show, here and in submodules; the names in ``first`` come first."""
    if module.exports is not None:
        shown = [str(name) for name in module.exports if is_shown(module, str(name))]
        module.exports = sorted(shown, key=lambda name: name not in first)
    for submodule in list(module.modules.values()):
        if not submodule.is_alias:
            narrow(submodule, first)


def is_shown(module: griffe.Module, name: str) -> bool:
    """Return whether a page of this module shows this member."""
    member = module.members.get(name)
    if member is None:  # a name that a tuple assignment made: not seen by griffe, and a constant
        return False
    if member.is_alias and module.path == "glassnet.layers" and member.target_path.startswith(ACTIVATIONS):
        return False
    found = member.final_target if member.is_alias else member
    return not found.is_attribute and not found.name.startswith(("as_", "make_"))
