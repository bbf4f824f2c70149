"""The text of the function that builds a printed Keras model."""

from __future__ import annotations

from collections.abc import Callable

from glassnet.exports.targets.keras_target.parts import Branches, Stack, Unit

__all__ = ["build_text"]

_PLAIN = '''def build():
    """Return the network with new weights."""
    return keras.Sequential(
        [
            {input},
{layers}        ]
    )'''
_GRAPH = '''def build():
    """Return the network with new weights."""
    x = inputs = {input}
{lines}    return keras.Model(inputs, x)'''
_MEMBERS = '''def build_member(inputs, k):
    """Return the logits of one of the networks."""
    x = inputs
{lines}    return layers.Reshape((1, {outputs}), name=f"member_{{k}}_logits")(x)


def build():
    """Return all networks side by side, (n, members, outputs), with new weights."""
    inputs = {input}
    members = [build_member(inputs, k) for k in range({members})]
    return keras.Model(inputs, layers.Concatenate(axis=1, name="members")(members))'''


def build_text(stacks: list[Stack], shape: tuple[int, ...], outputs: int) -> str:
    """Return the function ``build`` for a network that reads samples of this shape."""
    made = f'keras.Input({shape}, name="features")'
    if len(stacks) > 1:
        lines = _Lines(lambda name: f'f"member_{{k}}_{name.removeprefix("member_0_")}"')
        lines.stack(stacks[0], "x")
        return _MEMBERS.format(lines=lines.text, outputs=outputs, input=made, members=len(stacks))
    (stack,) = stacks
    if all(isinstance(node, Unit) for node in stack):
        calls = "".join(f'            {node.call}name="{node.name}"),\n' for node in stack)
        return _PLAIN.format(input=made, layers=calls)
    lines = _Lines(lambda name: f'"{name}"')
    lines.stack(stack, "x")
    return _GRAPH.format(input=made, lines=lines.text)


class _Lines:
    """Statements that pass a tensor through layers; ``quoted`` returns how the name of a layer is written."""

    def __init__(self, quoted: Callable[[str], str]) -> None:
        self.text = ""
        self.quoted = quoted
        self.n_branches = 0

    def stack(self, stack: Stack, variable: str) -> None:
        """Pass a variable through layers, one after the other."""
        for node in stack:
            if isinstance(node, Branches):
                self._branches(node, variable)
            else:
                self.text += f"    {variable} = {node.call}name={self.quoted(node.name)})({variable})\n"

    def _branches(self, node: Branches, variable: str) -> None:
        self.n_branches += 1
        names = [f"branch_{self.n_branches}_{i + 1}" for i in range(len(node.inside))]
        for name, branch in zip(names, node.inside, strict=True):
            if branch:
                self.text += f"    {name} = {variable}\n"
                self.stack(branch, name)
        joined = ", ".join(name if branch else variable for name, branch in zip(names, node.inside, strict=True))
        self.text += f"    {variable} = {node.call}name={self.quoted(node.name)})([{joined}])\n"
