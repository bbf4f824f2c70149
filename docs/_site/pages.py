"""What the API pages show, as an extension of griffe: by rules, so that a new layer or loss appears by itself."""

import re
from collections.abc import Iterator
from typing import Any

import griffe

from glassnet.utils.docstrings import merge_sections

# Names without an underscore that one part of glassnet needs of another: no page shows them.
ENGINE = {
    "glassnet.engine.inspection": "tap",
    "glassnet.diagnosis": "fit_watched",
    "glassnet.diagnosis.watch.Watch": "broken",
    "glassnet.explanation.explanations.Explanation": "fragment",
    "glassnet.saving.model_file": "Restore SavedTraining load_network model_description restore_network save_network",
    "glassnet.layers": "make_layer",
    "glassnet.layers.base.Layer": "entry note_views tuning",
    "glassnet.metrics": "better_sign",
    "glassnet.network": "read_network",
    "glassnet.optimizers": "clip_gradients",
    "glassnet.optimizers.base.Optimizer": "average merge",
    "glassnet.optimizers.base.OptimizerState": "regroup",
    "glassnet.schedules.base.Schedule": "entry",
    "glassnet.training": "RunState",
    "glassnet.training.loop.Run": "__init__ loop note_seconds rate",
}

# What others are made of, and for those who write a class of their own: after what everybody uses.
PROTOCOL = {"BaseMLP", "Layer", "Loss", "Optimizer", "ParamSpec", "Schedule", "Step"}

# Rooms whose pages keep the order of the source, where each step follows from the one before.
READ_IN_ORDER = {"glassnet.errors", "glassnet.scratch"}


class PublicNames(griffe.Extension):
    """Shows what a user would import from a room: ``__all__`` without lookup tables, type aliases and converters.

    The activations have a page of their own, so the page of all layers leaves them out. A method is shown where it is
    first defined, and not again on every class that overrides it.
    """

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Narrow the exports of every module, which is what the filter ``public`` goes by."""
        if pkg.path == "glassnet":  # others are loaded too, to resolve names
            narrow(pkg, set(map(str, pkg.exports or ())))
            share_documentation(pkg)
            for member in list(hidden_members(pkg)):
                member.parent.del_member(member.name)
            list_initializers(pkg["layers.initializers"])

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Take the ``::`` in front of indented blocks from docstrings: Markdown knows the block by its indent."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^::$\n|(?<=\w:):$", "", obj.docstring.value, flags=re.MULTILINE)


def narrow(module: griffe.Module, first: set[str]) -> None:
    """Take from the exports what no page should show, here and in submodules; those in ``first`` come first."""
    if module.exports is not None:
        shown = [str(name) for name in module.exports if is_shown(module, str(name))]
        if module.path in READ_IN_ORDER:
            shown.sort(key=lambda name: module[name].lineno or 0)
        module.exports = sorted(shown, key=lambda name: (name not in first, name in PROTOCOL))
    for submodule in list(module.modules.values()):
        if not submodule.is_alias:
            narrow(submodule, first)


def is_shown(module: griffe.Module, name: str) -> bool:
    """Return whether a page of this module shows this member."""
    member = module.members.get(name)
    if name in ENGINE.get(module.path, "").split():
        return False
    if member is None:  # a name that a tuple assignment made: not seen by griffe, and a constant
        return False
    if module.path == "glassnet.layers" and name in map(str, module["activations"].exports or ()):
        return False
    if member.is_alias and not member.target_path.startswith("glassnet."):  # another library's
        return False
    found = member.final_target if member.is_alias else member
    return not found.is_attribute and not found.name.startswith(("as_", "make_"))


def hidden_members(module: griffe.Module) -> Iterator[griffe.Object]:
    """Yield the members of classes, here and in submodules, that are the engine's or override one of a class above."""
    for each in module.classes.values():
        if not each.is_alias:
            engine = ENGINE.get(each.path, "").split()
            above = {name for base in each.mro() for name in base.members if not name.startswith("_")}
            yield from (member for name, member in each.members.items() if name in engine or name in above)
    for submodule in module.modules.values():
        if not submodule.is_alias:
            yield from hidden_members(submodule)


def share_documentation(module: griffe.Module) -> None:
    """Add to the docstrings of classes what their decorator `shares_documentation` adds at run time."""
    for each in module.classes.values():
        if not each.is_alias:
            for decorator in each.decorators:
                found = re.fullmatch(r"shares_documentation\((\w+)\)", str(decorator.value))
                for base in each.mro() if found else ():
                    if base.name == found[1]:
                        order = [parameter.name for parameter in each.parameters]
                        each.docstring.value = merge_sections(each.docstring.value, base.docstring.value, order)
    for submodule in module.modules.values():
        if not submodule.is_alias:
            share_documentation(submodule)


def list_initializers(module: griffe.Module) -> None:
    """Add the names, formulas and references to the docstring: the functions behind them are private."""
    lines = []
    for name in re.findall(r"'(\w+)':", str(module["INITIALIZERS"].value)):
        meaning = module[f"_{name}"].docstring.value
        lines.append(f'* `"{name}"`: ' + " ".join(meaning.split()))
    module.docstring.value += "\n\n" + "\n".join(lines)
